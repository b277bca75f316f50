#!/usr/bin/env bash
# Another transport should send the same message. nodemailer 10.6.1 turns `list: { unsubscribe: ... }` into the header
# List-Unsubscribe only when it writes a message itself, or when a transport asks for the normalised one. The transports
# for Mailgun (2.1.5), Postmark (7.0.0), SparkPost (2.2.0) and Resend (@documenso, 5.0.0) leave `list` out without an
# error; Mailgun's leaves `headers` out, too. SendGrid's (1.0.3) sends both. The cost: when a program moves from SMTP to
# a service's API, the unsubscribe button disappears, and a List-Unsubscribe-Post that remains promises one-click
# without a URL.
# Seen (List-Unsubscribe, List-Unsubscribe-Post): true true by SMTP and SendGrid, false false by Mailgun, and false true
# by Postmark, SparkPost and Resend.
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT; cd "$folder"
npm init -y >npm.log
npm install --silent --no-audit --no-fund --legacy-peer-deps nodemailer@10.6.1 nodemailer-sendgrid@1.0.3 \
  nodemailer-mailgun-transport@2.1.5 nodemailer-postmark-transport@7.0.0 nodemailer-sparkpost-transport@2.2.0 \
  @documenso/nodemailer-resend@5.0.0 >>npm.log 2>&1
cat >seen.js <<'JS'
const { createServer } = require("node:http")
const nodemailer = require("nodemailer")

let body = ""
const service = createServer((request, response) => {
  body = ""
  request.on("data", (data) => { body += data })
  request.on("end", () => {
    response.setHeader("content-type", "application/json")
    response.end('{"id": "1", "results": {"id": "1"}, "ErrorCode": 0}')
  })
}).listen(0, "127.0.0.1", async () => {
  const host = `127.0.0.1:${service.address().port}`
  process.env.RESEND_BASE_URL = `http://${host}`
  const { PostmarkTransport } = require("nodemailer-postmark-transport")
  const { ResendTransport } = require("@documenso/nodemailer-resend")
  const sendgrid = require.resolve("@sendgrid/mail", { paths: [require.resolve("nodemailer-sendgrid")] })
  require(sendgrid).client.setDefaultRequest("baseUrl", `http://${host}`)
  const transports = {
    smtp: { streamTransport: true, buffer: true },
    sendgrid: require("nodemailer-sendgrid")({ apiKey: "SG.key" }),
    mailgun: require("nodemailer-mailgun-transport")({
      auth: { api_key: "key", domain: "shop.example" }, url: `http://${host}`,
    }),
    postmark: new PostmarkTransport({
      auth: { apiKey: "key" }, postmarkOptions: { requestHost: host, useHttps: false },
    }),
    sparkpost: require("nodemailer-sparkpost-transport")({ sparkPostApiKey: "key", endpoint: `http://${host}` }),
    resend: ResendTransport.makeTransport({ apiKey: "key" }),
  }
  for (const [name, transport] of Object.entries(transports)) {
    const sent = await nodemailer.createTransport(transport).sendMail({
      from: "letters@shop.example", to: "ann@reader.example", subject: "Lamps", text: "Hello",
      list: { unsubscribe: "https://shop.example/leave/1" },
      headers: { "List-Unsubscribe-Post": "List-Unsubscribe=One-Click" },
    })
    const message = sent.message ? sent.message.toString() : body
    console.log(name, message.includes("https://shop.example/leave/1"), message.includes("One-Click"))
  }
  service.close()
  process.exit()
})
JS
node --no-deprecation seen.js | tee seen
diff seen - <<'SEEN'
smtp true true
sendgrid true true
mailgun false false
postmark false true
sparkpost false true
resend false true
SEEN
