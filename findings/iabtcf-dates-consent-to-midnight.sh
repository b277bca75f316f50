#!/usr/bin/env bash
# The time in a consent string should be the time at which consent was given. @iabtcf/core 1.5.6, the IAB's own library,
# keeps the day alone, as the framework has asked since 2022 (iabtcf-es#316), in a field that counts tenths of a second: a
# string made in the afternoon says midnight UTC, so mail of that morning seems to have been sent with consent.
# Seen: a model of 15:30 is created at 00:00; a time that is set by hand comes back to the second.
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT; cd "$folder"
npm init -y >npm.log && npm install --silent --no-audit --no-fund @iabtcf/core@1.5.6 >>npm.log 2>&1
cat > seen.mjs <<'JS'
import { GVL, TCModel, TCString } from "@iabtcf/core"

const list = { gvlSpecificationVersion: 3, vendorListVersion: 20, tcfPolicyVersion: 4, lastUpdated: "2026-01-01T00:00:00Z",
  purposes: {}, specialPurposes: {}, features: {}, specialFeatures: {}, stacks: {}, vendors: {} }

const Clock = Date
const afternoon = Clock.UTC(2026, 2, 1, 15, 30)
globalThis.Date = class extends Clock {
  constructor(...given) { super(...(given.length ? given : [afternoon])) }
  static now() { return afternoon }
}

function given(time) {
  const model = new TCModel(new GVL(list))
  model.cmpId = 10
  model.cmpVersion = 1
  if (time) model.created = model.lastUpdated = time
  return TCString.decode(TCString.encode(model))
}

console.log("asked at", new Date().toISOString())
console.log("created", given().created.toISOString(), "updated", given().lastUpdated.toISOString())
console.log("set by hand", given(new Date()).created.toISOString())
JS
node seen.mjs | tee seen
diff seen - <<'SEEN'
asked at 2026-03-01T15:30:00.000Z
created 2026-03-01T00:00:00.000Z updated 2026-03-01T00:00:00.000Z
set by hand 2026-03-01T15:30:00.000Z
SEEN
