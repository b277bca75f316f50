#!/usr/bin/env bash
# Two ways to unsubscribe should make one header field, because RFC 2369 (2) allows no second one. nodemailer 10.6.1
# writes a field for each entry of `list.unsubscribe: [url, address]`; only a list within the list makes one
# (nodemailer#1672). Readers take one of the two: Python's `email` the first, mailparser 3.14.2, from the same author,
# the last. The cost: a program that takes the address has no URL for List-Unsubscribe-Post, and shows no one-click
# button.
# Seen: two fields, of which the two readers see different ones; one field with both from `[[url, address]]`.
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT; cd "$folder"
npm init -y >npm.log && npm install --silent --no-audit --no-fund nodemailer@10.6.1 mailparser@3.14.2 >>npm.log 2>&1
cat >send.js <<'JS'
const fs = require("node:fs")
const { simpleParser } = require("mailparser")
const nodemailer = require("nodemailer")

const url = "https://shop.example/leave/1"
const address = "leave@shop.example"
async function send(name, unsubscribe) {
  const transport = nodemailer.createTransport({ streamTransport: true, buffer: true })
  const { message } = await transport.sendMail({
    from: "letters@shop.example", to: "ann@reader.example", subject: "Lamps", text: "Lamps", list: { unsubscribe },
  })
  fs.writeFileSync(name, message)
  console.log(name, "fields:", message.toString().match(/^List-Unsubscribe:/gm).length)
  const { unsubscribe: read } = (await simpleParser(message)).headers.get("list")
  console.log(name, "mailparser:", Object.values(read).join(", "))
}
send("list", [url, address]).then(() => send("nested", [[url, address]]))
JS
cat >read.py <<'PY'
import email

for name in ("list", "nested"):
    with open(name, "rb") as file:
        print(name, "Python:", " ".join(email.message_from_binary_file(file)["List-Unsubscribe"].split()))
PY
{ node send.js; python3 read.py; } | tee seen
diff seen - <<'SEEN'
list fields: 2
list mailparser: leave@shop.example
nested fields: 1
nested mailparser: https://shop.example/leave/1, leave@shop.example
list Python: <https://shop.example/leave/1>
nested Python: <https://shop.example/leave/1>, <mailto:leave@shop.example>
SEEN
