#!/usr/bin/env bash
# A header whose value is the boolean false should be written as "false" or refused. nodemailer 10.6.1 writes no line at
# all, and none for the number 0 either, while true becomes "true": an override that switches tracking off by
# `headers: {"X-LM-Override-Track-Opens": false}` never leaves the program, and the one that switches it on does.
# Seen: one header line, "X-Lm-Override-Track-Clicks: true" (the name's capitals are changed as well).
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT; cd "$folder"
npm init -y >npm.log && npm install --silent --no-audit --no-fund nodemailer@10.6.1 >>npm.log 2>&1
cat >send.js <<'JS'
const nodemailer = require("nodemailer");
const transport = nodemailer.createTransport({ streamTransport: true, buffer: true, newline: "unix" });
transport
  .sendMail({
    from: "letters@shop.example", to: "ann@reader.example", subject: "Lamps", text: "Hello",
    headers: { "X-LM-Override-Track-Opens": false, "X-LM-Override-Track-Clicks": true, "X-Retries": 0 },
  })
  .then((sent) => console.log(sent.message.toString().split("\n").filter((line) => line.startsWith("X-")).join("\n")));
JS
node send.js | tee seen
diff seen - <<'SEEN'
X-Lm-Override-Track-Clicks: true
SEEN
