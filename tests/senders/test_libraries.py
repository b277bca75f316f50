"""One newsletter through the libraries that send mail: what arrives is what they send, but for the reported edits.

For the session `senders` of nox, which installs them; servers listen on this machine only.
"""

from __future__ import annotations

import asyncio
import email
import os
import smtplib
from email.encoders import encode_base64
from email.message import EmailMessage
from email.mime.base import MIMEBase
from email.mime.image import MIMEImage
from typing import TYPE_CHECKING, Any

import pytest

if os.environ.get("LMTRACK_SENDERS") != "1":  # noqa: TID251 - the session says so
    pytest.skip("sending libraries: nox -s senders", allow_module_level=True)

from lmtrack import prepare_message, track_html
from sender_newsletter import (
    ANN,
    CID,
    DOMAIN,
    GRANTED,
    HTML,
    IMAGE,
    LEAVE_FIELDS,
    LINKS,
    NAME,
    OPTIONS,
    PDF,
    PNG,
    SHOP,
    SUBJECT,
    TEXT,
    check_sender,
    check_tracked,
    sendmail,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from lmtrack.message import Prepared

BEN = "ben@reader.example"


def prepared(message: Any, **options: Any) -> Prepared:  # noqa: ANN401 - as libraries make them
    return prepare_message(message, GRANTED, **OPTIONS, **options)


def made_message() -> EmailMessage:
    """As the standard library makes it today."""
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = f"{NAME} <{SHOP}>", f"Ann <{ANN}>", SUBJECT
    for name, value in LEAVE_FIELDS.items():
        message[name] = value
    message.set_content(TEXT)
    message.add_alternative(HTML, subtype="html")
    pages = message.get_payload()
    pages[1].add_related(PNG, "image", "png", cid=CID)  # type: ignore[index, union-attr]
    message.add_attachment(PDF, "application", "pdf", filename="Lampen.pdf")
    return message


def files_in(folder: Path) -> tuple[Path, Path]:
    """Write the attachment and the image, for libraries that read files."""
    pdf, png = folder / "Lampen.pdf", folder / "lamp.png"
    pdf.write_bytes(PDF)
    png.write_bytes(PNG)
    return pdf, png


def made_image() -> MIMEImage:
    """The image of the page, as libraries take a part of one's own."""
    image = MIMEImage(PNG, "png")
    image.add_header("Content-ID", CID)
    image.add_header("Content-Disposition", "inline", filename="lamp.png")
    return image


def test_smtplib() -> None:
    message = made_message()

    def send(port: int, tracked: bool) -> Prepared | None:
        with smtplib.SMTP("127.0.0.1", port) as server:
            if not tracked:
                server.send_message(message)
                return None
            mail = prepared(message)
            server.sendmail(mail.sender, mail.recipients, mail.raw)
            return mail

    check_sender(send)


def test_aiosmtplib() -> None:
    aiosmtplib, message = pytest.importorskip("aiosmtplib"), made_message()

    def send(port: int, tracked: bool) -> Prepared | None:
        where = {"hostname": "127.0.0.1", "port": port}
        if not tracked:
            asyncio.run(aiosmtplib.send(message, **where))
            return None
        mail = prepared(message)
        asyncio.run(aiosmtplib.send(mail.raw, sender=mail.sender, recipients=list(mail.recipients), **where))
        return mail

    check_sender(send)


def test_flask_mail() -> None:
    flask, flask_mail = pytest.importorskip("flask"), pytest.importorskip("flask_mail")
    kept: list[Prepared] = []

    class TrackedMessage(flask_mail.Message):  # type: ignore[misc, name-defined]
        mail_id = None

        def as_bytes(self) -> bytes:
            recipients = flask_mail.sanitize_addresses(self.send_to)
            sender = flask_mail.sanitize_address(self.sender)
            kept.append(prepared(self._message(), sender=sender, recipients=recipients))
            return kept[-1].raw

    def send(port: int, tracked: bool) -> Prepared | None:
        app = flask.Flask("shop")
        app.config.update(MAIL_SERVER="127.0.0.1", MAIL_PORT=port)
        kind = TrackedMessage if tracked else flask_mail.Message
        with app.app_context():
            message = kind(
                SUBJECT, recipients=[ANN], body=TEXT, html=HTML, sender=(NAME, SHOP), extra_headers=LEAVE_FIELDS
            )
            message.attach("lamp.png", "image/png", PNG, "inline", {"Content-ID": CID})
            message.attach("Lampen.pdf", "application/pdf", PDF)
            flask_mail.Mail(app).send(message)
        return kept[-1] if tracked else None

    check_sender(send)


def test_flask_mailman() -> None:
    flask, flask_mailman = pytest.importorskip("flask"), pytest.importorskip("flask_mailman")

    def send(port: int, tracked: bool) -> Prepared | None:
        app = flask.Flask("shop")
        app.config.update(MAIL_SERVER="127.0.0.1", MAIL_PORT=port)
        flask_mailman.Mail(app)
        with app.app_context():
            message = flask_mailman.EmailMultiAlternatives(
                SUBJECT, TEXT, f"{NAME} <{SHOP}>", [f"Ann <{ANN}>"], headers=LEAVE_FIELDS
            )
            message.attach_alternative(HTML, "text/html")
            message.attach("Lampen.pdf", PDF, "application/pdf")
            message.attach(made_image())
            if not tracked:
                message.send()
                return None
            mail = prepared(message.message(), recipients=message.recipients())
        sendmail(port, mail.sender, mail.recipients, mail.raw)
        return mail

    check_sender(send)


def test_fastapi_mail(tmp_path: Path) -> None:
    fastapi_mail, aiosmtplib = pytest.importorskip("fastapi_mail"), pytest.importorskip("aiosmtplib")
    pdf, png = files_in(tmp_path)
    shown = {"Content-ID": CID, "Content-Disposition": 'inline; filename="lamp.png"'}
    files = [str(pdf), {"file": str(png), "headers": shown, "mime_type": "image", "mime_subtype": "png"}]

    def send(port: int, tracked: bool) -> Prepared | None:
        config = fastapi_mail.ConnectionConfig(
            MAIL_USERNAME="", MAIL_PASSWORD="", MAIL_FROM=SHOP, MAIL_FROM_NAME=NAME, MAIL_PORT=port,
            MAIL_SERVER="127.0.0.1", MAIL_STARTTLS=False, MAIL_SSL_TLS=False, USE_CREDENTIALS=False,
            VALIDATE_CERTS=False,
        )  # fmt: skip
        schema = fastapi_mail.MessageSchema(
            subject=SUBJECT, recipients=[ANN], body=HTML, subtype=fastapi_mail.MessageType.html,
            headers=LEAVE_FIELDS, attachments=files,
        )  # fmt: skip
        if not tracked:
            asyncio.run(fastapi_mail.FastMail(config).send_message(schema))
            return None
        mail = prepared(asyncio.run(fastapi_mail.FastMail(config).get_message(schema)))
        where = {"hostname": "127.0.0.1", "port": port}
        asyncio.run(aiosmtplib.send(mail.raw, sender=mail.sender, recipients=list(mail.recipients), **where))
        return mail

    check_sender(send)


def test_redmail(tmp_path: Path) -> None:
    redmail = pytest.importorskip("redmail")
    _, png = files_in(tmp_path)

    def send(port: int, tracked: bool) -> Prepared | None:
        sender = redmail.EmailSender(host="127.0.0.1", port=port, use_starttls=False)
        letter: dict[str, Any] = {
            "subject": SUBJECT, "sender": f"{NAME} <{SHOP}>", "receivers": [ANN, f"Änne <{BEN}>"], "text": TEXT,
            "html": HTML.replace("cid:lamp@shop.example", "{{ lamp.src }}"), "headers": LEAVE_FIELDS,
            "attachments": {"Lampen.pdf": PDF}, "body_images": {"lamp": png},
        }  # fmt: skip
        if not tracked:
            sender.send_message(sender.get_message(**letter))
            return None
        mail = prepared(sender.get_message(**letter), shared=False)
        sendmail(port, mail.sender, mail.recipients, mail.raw)
        return mail

    check_sender(send)


def test_yagmail(tmp_path: Path) -> None:
    yagmail = pytest.importorskip("yagmail")
    pdf, png = files_in(tmp_path)
    before, _, after = HTML.partition(IMAGE)
    body = [before, yagmail.inline(str(png)), after]

    def send(port: int, tracked: bool) -> Prepared | None:
        yag = yagmail.SMTP(SHOP, "x", host="127.0.0.1", port=port, smtp_starttls=False, smtp_ssl=False)
        recipients, text = yag.prepare_send(ANN, SUBJECT, body, [str(pdf)], headers=LEAVE_FIELDS, prettify_html=False)
        if not tracked:
            with smtplib.SMTP("127.0.0.1", port) as server:  # as it does itself, but it insists on a login
                server.sendmail(SHOP, recipients, text)
            return None
        mail = prepared(email.message_from_string(text), sender=SHOP, recipients=recipients)
        sendmail(port, mail.sender, mail.recipients, mail.raw)
        return mail

    check_sender(send)


def test_emails() -> None:
    emails = pytest.importorskip("emails")

    def send(port: int, tracked: bool) -> Prepared | None:
        message = emails.html(
            html=HTML, text=TEXT, subject=SUBJECT, mail_from=(NAME, SHOP), mail_to=("Ann", ANN), headers=LEAVE_FIELDS
        )
        message.attach(data=PDF, filename="Lampen.pdf")
        message.attach(data=PNG, filename="lamp.png", content_disposition="inline", content_id=CID.strip("<>"))
        if not tracked:
            assert message.send(smtp={"host": "127.0.0.1", "port": port}).status_code == 250
            return None
        mail = prepared(message.as_message())
        sendmail(port, mail.sender, mail.recipients, mail.raw)
        return mail

    check_sender(send)


def test_envelope() -> None:
    envelope = pytest.importorskip("envelope")

    def send(port: int, tracked: bool) -> Prepared | None:
        letter = envelope.Envelope().from_(f"{NAME} <{SHOP}>").to(f"Ann <{ANN}>").subject(SUBJECT)
        letter = letter.message(TEXT, alternative="plain").message(HTML, alternative="html")
        letter = letter.attach(PDF, "application/pdf", "Lampen.pdf")
        letter = letter.attach(PNG, "image/png", inline=CID.strip("<>"))
        for name, value in LEAVE_FIELDS.items():
            letter = letter.header(name, value)
        if not tracked:
            assert letter.smtp("127.0.0.1", port).send()
            return None
        mail = prepared(letter.as_message())
        sendmail(port, mail.sender, mail.recipients, mail.raw)
        return mail

    check_sender(send)


def test_apprise(tmp_path: Path) -> None:
    apprise, plugin = pytest.importorskip("apprise"), pytest.importorskip("apprise.plugins.email.base")
    pdf, png = files_in(tmp_path)

    def send(port: int, tracked: bool) -> Prepared | None:
        files = apprise.AppriseAttachment([str(pdf), str(png)])
        [letter] = plugin.NotifyEmail.prepare_emails(
            subject=SUBJECT, body=HTML.replace(CID.strip("<>"), "lamp.png"), from_addr=(NAME, SHOP), to=[("Ann", ANN)],
            attach=files, headers=LEAVE_FIELDS, inline=True,
        )  # fmt: skip
        if not tracked:
            with smtplib.SMTP("127.0.0.1", port) as server:
                server.sendmail(SHOP, letter.to_addrs, letter.body)  # as it does itself
            return None
        mail = prepared(email.message_from_string(letter.body), recipients=letter.to_addrs)
        sendmail(port, mail.sender, mail.recipients, mail.raw)
        return mail

    check_sender(send)


def mailmerge_template(folder: Path, *, markdown: bool) -> Path:
    files_in(folder)
    head = f"TO: {{{{ email }}}}\nSUBJECT: {SUBJECT}\nFROM: {NAME} <{SHOP}>\n"
    head += "ATTACHMENT: Lampen.pdf\nATTACHMENT: lamp.png\n"
    head += "".join(f"{name}: {value}\n" for name, value in LEAVE_FIELDS.items())
    kind = "text/markdown" if markdown else "text/html"
    body = HTML.replace("cid:lamp@shop.example", "lamp.png")
    if markdown:
        body = f'![](lamp.png)\n{LINKS}<a href="https://shop.example/unsubscribe/4471">Abbestellen</a>'
    template = folder / "template.txt"
    template.write_text(f"{head}CONTENT-TYPE: {kind}\nMIME-VERSION: 1.0\n\n{body}\n", encoding="utf-8")
    return template


@pytest.mark.parametrize("markdown", [False, True])
def test_mailmerge(tmp_path: Path, markdown: bool) -> None:
    template_message = pytest.importorskip("mailmerge.template_message")
    template = mailmerge_template(tmp_path, markdown=markdown)

    def send(port: int, tracked: bool) -> Prepared | None:
        sender, recipients, message = template_message.TemplateMessage(template).render({"email": ANN})
        if not tracked:
            with smtplib.SMTP("127.0.0.1", port) as server:
                server.sendmail(sender, recipients, str(message))  # as it does itself
            return None
        mail = prepared(message, sender=sender, recipients=recipients)
        sendmail(port, mail.sender, mail.recipients, mail.raw)
        return mail

    check_sender(send)


def test_standard_library_of_old() -> None:
    """MIMEBase and its like, with `as_string`, as most programs still build mail."""
    from email.mime.multipart import MIMEMultipart  # noqa: PLC0415 - of this test
    from email.mime.text import MIMEText  # noqa: PLC0415

    message = MIMEMultipart("mixed")
    message["From"], message["To"], message["Subject"] = f"{NAME} <{SHOP}>", f"Ann <{ANN}>", SUBJECT
    for name, value in LEAVE_FIELDS.items():
        message[name] = value
    pages = MIMEMultipart("related")
    pages.attach(MIMEText(HTML, "html", "utf-8"))
    pages.attach(made_image())
    message.attach(pages)
    part = MIMEBase("application", "pdf")
    part.set_payload(PDF)
    encode_base64(part)
    part.add_header("Content-Disposition", "attachment", filename="Lampen.pdf")
    message.attach(part)

    def send(port: int, tracked: bool) -> Prepared | None:
        if not tracked:
            with smtplib.SMTP("127.0.0.1", port) as server:
                server.sendmail(SHOP, [ANN], message.as_string())
            return None
        mail = prepared(message)
        sendmail(port, mail.sender, mail.recipients, mail.raw)
        return mail

    check_sender(send)


# Services that take an HTML string


def html_in(value: object) -> Iterator[str]:
    """Every HTML text in a request."""
    if isinstance(value, str) and "<p>" in value:
        yield value
    elif isinstance(value, dict):
        for one in value.values():
            yield from html_in(one)
    elif isinstance(value, list | tuple):
        for one in value:
            yield from html_in(one)


@pytest.mark.parametrize("service", ["mailtrap", "sendgrid", "mailersend", "exchangelib"])
def test_a_service_gets_the_html_as_it_is(service: str) -> None:
    library = pytest.importorskip(service)
    page = track_html(HTML, GRANTED, **OPTIONS).html
    if service == "mailtrap":
        address = library.Address
        request = library.Mail(
            sender=address(SHOP, NAME), to=[address(ANN)], subject=SUBJECT, text=TEXT, html=page
        ).api_data
    elif service == "sendgrid":
        request = (
            pytest.importorskip("sendgrid.helpers.mail")
            .Mail(from_email=SHOP, to_emails=ANN, subject=SUBJECT, html_content=page)
            .get()
        )
    elif service == "mailersend":
        builder = library.EmailBuilder().from_email(SHOP, NAME).to(ANN).subject(SUBJECT).html(page)
        request = builder.build().model_dump()
    else:
        body = library.HTMLBody(HTML)
        tracked = track_html(body, GRANTED, **OPTIONS).html
        assert type(tracked) is str
        request = {"html": str(library.HTMLBody(tracked))}
    assert list(html_in(request)) == [page]


def test_a_template_with_markup_is_tracked_like_its_text() -> None:
    jinja2 = pytest.importorskip("jinja2")
    template = jinja2.Environment(autoescape=True).from_string("{% macro page() %}" + HTML + "{% endmacro %}")
    markup = template.module.page()
    assert type(markup) is not str
    page = track_html(markup, GRANTED, **OPTIONS).html
    assert page == track_html(HTML, GRANTED, **OPTIONS).html
    check_tracked(b"".join([
        f"List-Unsubscribe: {LEAVE_FIELDS['List-Unsubscribe']}\r\n".encode(),
        b"Content-Type: text/html; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n", page.encode(), b"\r\n",
    ]))  # fmt: skip
    assert DOMAIN.base_url in page
