#!/usr/bin/env bash
# Of a message with HTML and a plain alternative, readers should see the HTML. RFC 2046 (5.1.4) puts the best part last,
# but fastapi-mail 1.6.8 always puts `alternative_body` last. With `subtype=html`, the plain text therefore follows the
# HTML, and is what mail clients show. The cost: no pixel is loaded and no link in the HTML is pressed, so a campaign
# seems unread.
# Seen: "html text/html text/plain" with `subtype=html`, "plain text/plain text/html" with `subtype=plain`.
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT; cd "$folder"
python3 -m venv env
env/bin/pip install --quiet --disable-pip-version-check fastapi-mail==1.6.8
cat >seen.py <<'PY'
import asyncio

from fastapi_mail import ConnectionConfig, FastMail, MessageSchema, MessageType, MultipartSubtypeEnum

mailer = FastMail(ConnectionConfig(
    MAIL_USERNAME="", MAIL_PASSWORD="", MAIL_FROM="letters@example.com", MAIL_SERVER="127.0.0.1", MAIL_PORT=25,
    MAIL_STARTTLS=False, MAIL_SSL_TLS=False, USE_CREDENTIALS=False,
))
for subtype, body, other in (
    (MessageType.html, "<p>Lamps</p>", "Lamps"),
    (MessageType.plain, "Lamps", "<p>Lamps</p>"),
):
    schema = MessageSchema(
        subject="Lamps", recipients=["ann@example.org"], subtype=subtype, body=body, alternative_body=other,
        multipart_subtype=MultipartSubtypeEnum.alternative,
    )
    message = asyncio.run(mailer.get_message(schema))
    parts = [part for part in message.walk() if part.get_content_type() == "multipart/alternative"][0].get_payload()
    print(subtype.value, *(part.get_content_type() for part in parts))
PY
env/bin/python seen.py | tee seen
diff seen - <<'SEEN'
html text/html text/plain
plain text/plain text/html
SEEN
