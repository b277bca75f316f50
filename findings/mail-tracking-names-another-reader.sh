#!/usr/bin/env bash
# A tracked copy should say for whom it was made. nodemailer-mail-tracking 0.7.0 writes the recipient into each token,
# and takes the first match of its own pattern for an address. Two recipients in one text, which nodemailer allows, get
# one copy with the token of the first, although an array gets two copies; of an address with an apostrophe, only what
# follows it is taken; and a display name that is an address hides the real one. The cost: opens and clicks are stored,
# and consent is looked up, under another person's address.
# Seen: Ann's token in a copy to Ann and Ben, neil@ for pat.o'neil@, and ann@old.example for ann@reader.example.
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT; cd "$folder"
npm init -y >npm.log
npm install --silent --no-audit --no-fund --legacy-peer-deps nodemailer@10.6.1 nodemailer-mail-tracking@0.7.0 \
  cheerio@1.0.0 express@5.3.0 >>npm.log 2>&1
cat >seen.js <<'JS'
const { createTransport } = require("nodemailer")
const { sendMail } = require("nodemailer-mail-tracking")

const transport = createTransport({ jsonTransport: true })
const options = { baseUrl: "https://track.example", jwtSecret: "k".repeat(32), getData: (data) => data }
async function seen() {
  for (const to of [
    ["ann@reader.example", "ben@reader.example"],
    "ann@reader.example, ben@reader.example",
    "pat.o'neil@reader.example",
    '"ann@old.example" <ann@reader.example>',
  ]) {
    const message = { from: "letters@shop.example", to, subject: "Lamps", html: "<p>Lamps</p>" }
    for (const { result } of await sendMail(options, transport, message)) {
      const token = JSON.parse(result.message).html.match(/blank-image\/[^.]*\.([^.]*)/)[1]
      console.log(...result.envelope.to, "->", JSON.parse(Buffer.from(token, "base64url")).recipient)
    }
  }
}
seen()
JS
node --no-deprecation seen.js | tee seen
diff seen - <<'SEEN'
ann@reader.example -> ann@reader.example
ben@reader.example -> ben@reader.example
ann@reader.example ben@reader.example -> ann@reader.example
pat.o'neil@reader.example -> neil@reader.example
ann@reader.example -> ann@old.example
SEEN
