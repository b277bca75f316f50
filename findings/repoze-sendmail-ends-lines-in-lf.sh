#!/usr/bin/env bash
# A mail library that sends by SMTP ends its lines in CRLF, as SMTP asks. repoze.sendmail 4.5, which pyramid_mailer
# 0.15.1 sends with, hands smtplib bytes, which smtplib leaves as they are: every line leaves with a bare LF, so that a
# server that takes only CRLF for the end of a line sees one line that is too long, and refuses a mail of 2 KB of text.
# Seen: "refused 500", "line ends LF".
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT; cd "$folder"
python3 -m venv venv
venv/bin/pip install --quiet pyramid_mailer==0.15.1 repoze.sendmail==4.5 aiosmtpd==1.4.6 2>pip.log
venv/bin/python -W ignore - >seen <<'PY'
import asyncio
import smtplib
import socket

from aiosmtpd.smtp import SMTP
from pyramid_mailer.mailer import Mailer
from pyramid_mailer.message import Message
from repoze.sendmail.encoding import encode_message

socket.getfqdn = lambda *_: "localhost"  # no lookup of this machine
text = "".join(f"Lamp number {number} is in the shop.\n" for number in range(60))
letter = Message(subject="New lamps", sender="letters@shop.example", recipients=["ann@reader.example"], body=text)


class Keep:
    async def handle_DATA(self, server, session, envelope):
        return "250 kept"


def send(port):
    try:
        Mailer(host="127.0.0.1", port=port).send_immediately(letter)
        print("taken")
    except smtplib.SMTPDataError as error:
        print("refused", error.smtp_code)


async def run():
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: SMTP(Keep(), hostname="localhost"), "127.0.0.1", 0)
    await asyncio.to_thread(send, server.sockets[0].getsockname()[1])
    server.close()


asyncio.run(run())
raw = encode_message(letter.to_message())
print("line ends", "CRLF" if b"\r\n" in raw else "LF")
PY
cat seen
diff seen - <<'SEEN'
refused 500
line ends LF
SEEN
