#!/usr/bin/env bash
# A link in an invitation should be the link that the program sets. RFC 5545 (3.3.13) escapes nothing in a URI, but
# ical-generator 11.1.2 escapes `URL;VALUE=URI` like text: each comma and semicolon gets a backslash. ical.js, which is
# Thunderbird's parser, reads the backslashes as a part of the URL. The cost: a link with a comma leads to an error
# page. icalendar 7.3.2 (Python) and ics 3.12.0 escape nothing; icalendar, when it reads, removes backslashes anyway.
# Seen: ical.js 2.2.1 reads "sizes=1\,2\;colour=red" from ical-generator, and the URL as it was set from the two others.
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT; cd "$folder"
python3 -m venv env
env/bin/pip install --quiet --disable-pip-version-check icalendar==7.3.2
npm init -y >npm.log
npm install --silent --no-audit --no-fund ical-generator@11.1.2 ics@3.12.0 ical.js@2.2.1 >>npm.log 2>&1
cat >write.mjs <<'JS'
import { writeFileSync } from "node:fs"
import generator from "ical-generator"
import ics from "ics"

const url = "https://shop.example/lamps?sizes=1,2;colour=red"
const calendar = generator({ name: "Lamps" })
calendar.createEvent({ id: "1", start: new Date(0), summary: "Lamps", url })
writeFileSync("ical-generator.ics", calendar.toString())
const { value } = ics.createEvent({ start: [2026, 12, 1, 12, 0], duration: { hours: 1 }, title: "Lamps", url })
writeFileSync("ics.ics", value)
JS
node write.mjs
cat >write.py <<'PY'
from icalendar import Calendar, Event

calendar, event = Calendar(), Event()
event.add("url", "https://shop.example/lamps?sizes=1,2;colour=red")
calendar.add_component(event)
with open("icalendar.ics", "wb") as file:
    file.write(calendar.to_ical())
PY
env/bin/python write.py
cat >read.py <<'PY'
from icalendar import Calendar

for name in ("ical-generator", "ics", "icalendar"):
    with open(f"{name}.ics", "rb") as file:
        print("icalendar reads", name, Calendar.from_ical(file.read()).walk("VEVENT")[0]["URL"])
PY
cat >read.mjs <<'JS'
import { readFileSync } from "node:fs"
import ICAL from "ical.js"

for (const name of ["ical-generator", "ics", "icalendar"]) {
  const calendar = new ICAL.Component(ICAL.parse(readFileSync(`${name}.ics`, "utf8")))
  console.log("ical.js reads", name, calendar.getFirstSubcomponent("vevent").getFirstPropertyValue("url"))
}
JS
{ env/bin/python read.py; node read.mjs; } | tee seen
diff seen - <<'SEEN'
icalendar reads ical-generator https://shop.example/lamps?sizes=1,2;colour=red
icalendar reads ics https://shop.example/lamps?sizes=1,2;colour=red
icalendar reads icalendar https://shop.example/lamps?sizes=1,2;colour=red
ical.js reads ical-generator https://shop.example/lamps?sizes=1\,2\;colour=red
ical.js reads ics https://shop.example/lamps?sizes=1,2;colour=red
ical.js reads icalendar https://shop.example/lamps?sizes=1,2;colour=red
SEEN
