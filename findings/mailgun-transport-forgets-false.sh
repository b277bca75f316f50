#!/usr/bin/env bash
# `"o:tracking": false` should switch Mailgun's tracking off through every layer. mailgun.js 14.0.1 takes booleans and
# sends "no", but nodemailer-mailgun-transport 2.1.5, which hands its options to mailgun.js, first drops every option
# that is false. Without the option, Mailgun does what the domain's settings say. The cost: readers who refused are
# tracked, while the same option with the value true, or with the text "no", works.
# Seen: "no no" from mailgun.js, "undefined undefined" from the transport, and "no no" from it for the text "no".
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT; cd "$folder"
npm init -y >npm.log
npm install --silent --no-audit --no-fund --legacy-peer-deps nodemailer@10.6.1 nodemailer-mailgun-transport@2.1.5 \
  mailgun.js@14.0.1 form-data@4.0.6 >>npm.log 2>&1
cat >seen.js <<'JS'
const { createServer } = require("node:http")
const FormData = require("form-data")
const Mailgun = require("mailgun.js").default ?? require("mailgun.js")
const nodemailer = require("nodemailer")
const mailgunTransport = require("nodemailer-mailgun-transport")

let body = ""
const service = createServer((request, response) => {
  body = ""
  request.on("data", (data) => { body += data })
  request.on("end", () => {
    response.setHeader("content-type", "application/json")
    response.end('{"id": "1"}')
  })
}).listen(0, "127.0.0.1", async () => {
  const url = `http://127.0.0.1:${service.address().port}`
  const client = new Mailgun(FormData).client({ username: "api", key: "key", url })
  const auth = { api_key: "key", domain: "shop.example" }
  const transport = nodemailer.createTransport(mailgunTransport({ auth, url }))
  const ways = {
    "mailgun.js false": (mail) => client.messages.create("shop.example", mail),
    "transport false": (mail) => transport.sendMail(mail),
    "transport no": (mail) => transport.sendMail({ ...mail, "o:tracking": "no", "o:tracking-opens": "no" }),
  }
  for (const [name, send] of Object.entries(ways)) {
    await send({
      from: "letters@shop.example", to: "ann@reader.example", subject: "Lamps", text: "Hello",
      "o:tracking": false, "o:tracking-opens": false,
    })
    const value = (field) => body.match(new RegExp(`name="${field}"\\r\\n\\r\\n(.*)\\r`))?.[1]
    console.log(`${name}:`, value("o:tracking"), value("o:tracking-opens"))
  }
  service.close()
})
JS
node --no-deprecation seen.js | tee seen
diff seen - <<'SEEN'
mailgun.js false: no no
transport false: undefined undefined
transport no: no no
SEEN
