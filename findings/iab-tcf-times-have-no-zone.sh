#!/usr/bin/env bash
# A consent string has its time in UTC, so reading it should give the same moment everywhere. iab-tcf 0.2.2, the Python
# decoder, returns UTC without a time zone, which Python takes for local time: in New York `created.timestamp()` is five
# hours late, in Tokyo nine hours early, and only a server in UTC is right. @iabtcf/core 1.5.6 returns a moment. The
# cost: on one server, messages sent after the answer count as sent without consent; on another, messages sent before it
# count as sent with consent.
# Seen (for 15:30 UTC): 15:30 from @iabtcf/core; from iab-tcf, 15:30 without a zone, and as a moment 15:30, 20:30 or
# 06:30.
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT; cd "$folder"
python3 -m venv env
env/bin/pip install --quiet --disable-pip-version-check iab-tcf==0.2.2
npm init -y >npm.log && npm install --silent --no-audit --no-fund @iabtcf/core@1.5.6 >>npm.log 2>&1
cat >seen.mjs <<'JS'
import { writeFileSync } from "node:fs"
import { GVL, TCModel, TCString } from "@iabtcf/core"

const model = new TCModel(new GVL({ gvlSpecificationVersion: 3, vendorListVersion: 20, tcfPolicyVersion: 4,
  lastUpdated: "2026-01-01T00:00:00Z", purposes: {}, specialPurposes: {}, features: {}, specialFeatures: {}, stacks: {},
  vendors: {} }))
model.cmpId = 10
model.cmpVersion = 1
model.created = model.lastUpdated = new Date("2026-12-01T15:30:00Z")
const consent = TCString.encode(model)
writeFileSync("consent", consent)
console.log("@iabtcf/core", TCString.decode(consent).created.toISOString())
JS
cat >seen.py <<'PY'
import os
import time
from datetime import UTC, datetime

from iab_tcf import decode

with open("consent") as file:
    consent = file.read()
for zone in ("UTC0", "EST5", "JST-9"):  # as a server in London, New York or Tokyo in winter
    os.environ["TZ"] = zone
    time.tzset()
    created = decode(consent).created
    print("iab-tcf", zone, created.isoformat(), datetime.fromtimestamp(created.timestamp(), UTC).isoformat())
PY
{ node seen.mjs; env/bin/python seen.py; } | tee seen
diff seen - <<'SEEN'
@iabtcf/core 2026-12-01T15:30:00.000Z
iab-tcf UTC0 2026-12-01T15:30:00 2026-12-01T15:30:00+00:00
iab-tcf EST5 2026-12-01T15:30:00 2026-12-01T20:30:00+00:00
iab-tcf JST-9 2026-12-01T15:30:00 2026-12-01T06:30:00+00:00
SEEN
