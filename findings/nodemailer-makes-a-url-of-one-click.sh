#!/usr/bin/env bash
# What belongs into List-Unsubscribe-Post should be written there as it is. nodemailer 10.6.1 turns each name in `list`
# into a header List-..., so `list` looks like the place for both headers of one-click unsubscribing; but it takes each
# value for a URL, puts http:// before it and brackets around it. As `unsubscribePost`, written like other options, the
# header gets another name, too. RFC 8058 (3.1) allows exactly one value. The cost: bulk mail without one-click
# unsubscribing, which Gmail and Yahoo require of large senders, next to a List-Unsubscribe that is correct. In
# `headers`, the same value is written as it is. Known upstream as nodemailer/nodemailer#1256.
# Seen: "List-Unsubscribe-Post: <http://List-Unsubscribe=One-Click>", the same value in "List-Unsubscribepost", and the
# correct header from `headers`; mailparser 3.14.2 finds the URL of List-Unsubscribe in all three.
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT; cd "$folder"
npm init -y >npm.log
npm install --silent --no-audit --no-fund nodemailer@10.6.1 mailparser@3.14.2 >>npm.log 2>&1
cat >seen.js <<'JS'
const { simpleParser } = require("mailparser")
const nodemailer = require("nodemailer")

const transport = nodemailer.createTransport({ streamTransport: true, buffer: true })
const unsubscribe = "https://shop.example/leave/1"
const ways = [
  { list: { unsubscribe, "unsubscribe-post": "List-Unsubscribe=One-Click" } },
  { list: { unsubscribe, unsubscribePost: "List-Unsubscribe=One-Click" } },
  { list: { unsubscribe }, headers: { "List-Unsubscribe-Post": "List-Unsubscribe=One-Click" } },
]
async function main() {
  for (const way of ways) {
    const mail = { from: "letters@shop.example", to: "ann@reader.example", subject: "Lamps", text: "Hello", ...way }
    const { message } = await transport.sendMail(mail)
    console.log(message.toString().match(/^List-Unsubscribe-?post: .*$/im)[0])
    console.log((await simpleParser(message)).headers.get("list").unsubscribe.url)
  }
}
main()
JS
node --no-deprecation seen.js | tee seen
diff seen - <<'SEEN'
List-Unsubscribe-Post: <http://List-Unsubscribe=One-Click>
https://shop.example/leave/1
List-Unsubscribepost: <http://List-Unsubscribe=One-Click>
https://shop.example/leave/1
List-Unsubscribe-Post: List-Unsubscribe=One-Click
https://shop.example/leave/1
SEEN
