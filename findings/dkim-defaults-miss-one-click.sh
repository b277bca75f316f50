#!/usr/bin/env bash
# A message with both one-click headers, signed by a current DKIM library with its default header list, should satisfy
# RFC 8058, section 4, which requires a signature over List-Unsubscribe and List-Unsubscribe-Post. It does not with
# dkimpy 1.1.8 and mailauth 7.1.0: both sign List-Unsubscribe and leave List-Unsubscribe-Post out, so mailbox providers
# need not show the button. nodemailer 10.6.1 signs both.
# Seen: "dkimpy False True", "mailauth False True", "nodemailer True True" (Post signed, List-Unsubscribe signed).
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT; cd "$folder"
python3 -m venv env
env/bin/pip install --quiet --disable-pip-version-check dkimpy==1.1.8 cryptography==50.0.2
npm init -y >npm.log && npm install --silent --no-audit --no-fund mailauth@7.1.0 nodemailer@10.6.1 >>npm.log 2>&1
cat >sign.py <<'PY'
import re

import dkim
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

key = rsa.generate_private_key(65537, 2048).private_bytes(
    serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
)
with open("key.pem", "wb") as file:
    file.write(key)
mail = "\r\n".join((
    "From: letters@shop.example", "To: ann@reader.example", "Subject: Lamps", "Date: Mon, 30 Nov 2026 00:00:00 +0000",
    "Message-ID: <1@shop.example>", "List-Unsubscribe: <https://shop.example/u/1>",
    "List-Unsubscribe-Post: List-Unsubscribe=One-Click", "", "Hello", "",
)).encode()
with open("mail.eml", "wb") as file:
    file.write(mail)
signed = re.sub(rb"\s", b"", dkim.sign(mail, b"s", b"shop.example", key)).decode().lower()
names = re.search(r";h=([^;]*)", signed)[1].split(":")
print("dkimpy", "list-unsubscribe-post" in names, "list-unsubscribe" in names)
PY
cat >sign.js <<'JS'
const fs = require("fs");
const nodemailer = require("nodemailer");
const { dkimSign } = require("mailauth/lib/dkim/sign");

const privateKey = fs.readFileSync("key.pem", "utf8");
const show = (name, signature) => {
  const names = signature.replace(/\s/g, "").toLowerCase().match(/;h=([^;]*)/)[1].split(":");
  const word = (signed) => (signed ? "True" : "False");
  console.log(name, word(names.includes("list-unsubscribe-post")), word(names.includes("list-unsubscribe")));
};
(async () => {
  const signatureData = [{ signingDomain: "shop.example", selector: "s", privateKey }];
  show("mailauth", (await dkimSign(fs.readFileSync("mail.eml"), { signatureData })).signatures);
  const dkim = { domainName: "shop.example", keySelector: "s", privateKey };
  const transport = nodemailer.createTransport({ streamTransport: true, buffer: true, dkim });
  const sent = await transport.sendMail({
    from: "letters@shop.example", to: "ann@reader.example", subject: "Lamps", text: "Hello",
    headers: { "List-Unsubscribe": "<https://shop.example/u/1>", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click" },
  });
  show("nodemailer", sent.message.toString());
})();
JS
{ env/bin/python sign.py; node sign.js; } | tee seen
diff seen - <<'SEEN'
dkimpy False True
mailauth False True
nodemailer True True
SEEN
