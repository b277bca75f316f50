#!/usr/bin/env bash
# A Unix time in text is no date for a date parser, so it should be read as that moment or refused. Webhooks send such
# text: Mailgun as `timestamp`, Standard Webhooks in a header. Day.js 1.11.23 takes the first four digits for a year and
# the next ones for a month and a day, so 1796083200 (1 December 2026) is 1 September 1796, and `isValid()` is true.
# Luxon 3.7.2, date-fns 4.4.0, Moment 2.31.0 and `Date` call the text invalid. The cost: every event is older than any
# limit, so new events are dropped as old ones, and an open seems to come centuries before its message was delivered.
# Known upstream as iamkun/dayjs#2955.
# Seen: true and 1796-09-01 from Day.js, false from the four others.
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT; cd "$folder"
npm init -y >npm.log
npm install --silent --no-audit --no-fund dayjs@1.11.23 luxon@3.7.2 date-fns@4.4.0 moment@2.31.0 >>npm.log 2>&1
cat >seen.js <<'JS'
const dayjs = require("dayjs")
const { isValid, parseISO } = require("date-fns")
const { DateTime } = require("luxon")
const moment = require("moment")

moment.suppressDeprecationWarnings = true
const time = "1796083200"
console.log("Day.js", dayjs(time).isValid(), dayjs(time).format("YYYY-MM-DD"))
console.log("Luxon", DateTime.fromISO(time).isValid)
console.log("date-fns", isValid(parseISO(time)))
console.log("Moment", moment(time).isValid())
console.log("Date", !Number.isNaN(new Date(time).getTime()))
JS
node seen.js | tee seen
diff seen - <<'SEEN'
Day.js true 1796-09-01
Luxon false
date-fns false
Moment false
Date false
SEEN
