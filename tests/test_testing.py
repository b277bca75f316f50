"""The assertions of `lmtrack.testing`: what they let pass, what they do not, and what they say then."""

from __future__ import annotations

import inspect
import re
import subprocess
import sys
from datetime import UTC, datetime
from email.message import EmailMessage
from email.mime.text import MIMEText
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given

from lmtrack import testing
from lmtrack.html import Campaign, track_html
from lmtrack.message import message_bytes, track_message
from lmtrack.resolver import Consent, Route, TrackingMode, resolve
from lmtrack.testing import assert_same_for_everyone, assert_unsubscribe_ok, assert_untracked
from lmtrack.tokens import make_keys, make_withdraw_token
from lmtrack.urls import TrackingDomain, withdraw_url

if TYPE_CHECKING:
    from collections.abc import Callable
    from email.message import Message

    from lmtrack.resolver import Decision

DOMAIN = TrackingDomain("https://track.example", make_keys(b"a fixed key, for tests"))
PAGE = '<p>Hello</p><a href="https://shop.example/lamps">Lamps</a>'
PIXEL = '<img src="https://count.example/open/4471" width="1" height="1">'
LIST = "List-Unsubscribe: <https://shop.example/unsubscribe>\r\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n"
LEAVE = '<p><a href="https://shop.example/unsubscribe">Unsubscribe</a></p>'
TRACKED = resolve(Route(track_opens=True, track_clicks=True))


def mail(html: str, fields: str = "") -> bytes:
    head = f"From: letters@shop.example\r\nTo: ann@reader.example\r\nSubject: Lamps\r\n{fields}"
    return f"{head}MIME-Version: 1.0\r\nContent-Type: text/html; charset=utf-8\r\n\r\n{html}\r\n".encode()


def as_object(html: str) -> EmailMessage:
    message = EmailMessage()
    message["To"] = "ann@reader.example"
    message["Subject"] = "Lamps"
    message.set_content("Hello\n")
    message.add_alternative(html, subtype="html", cte="base64")
    return message


def as_old_object(html: str) -> Message:
    message = MIMEText(html, "html", "utf-8")
    message["To"] = "ann@reader.example"
    message["Subject"] = "Lamps"
    return message


def django_mail() -> Any:  # noqa: ANN401 - Django has no types
    settings = pytest.importorskip("django.conf").settings
    if not settings.configured:
        settings.configure()
    return pytest.importorskip("django.core.mail")


def as_django_makes_it(html: str) -> Message:
    made = django_mail().EmailMultiAlternatives("Lamps", "Hello\n", "letters@shop.example", ["ann@reader.example"])
    made.attach_alternative(html, "text/html")
    message: Message = made.message()  # of a class of its own before Django 6
    return message


FORMS: dict[str, Callable[[str], Any]] = {
    "HTML": str,
    "a raw message": mail,
    "an EmailMessage": as_object,
    "a Message": as_old_object,
    "Django's message": as_django_makes_it,
}


def failure(check: Callable[..., None], /, *args: object, **kwargs: object) -> list[str]:
    with pytest.raises(AssertionError) as failed:
        check(*args, **kwargs)
    return str(failed.value).splitlines()


@pytest.mark.parametrize("form", FORMS)
def test_mail_without_tracking_passes_in_every_form(form: str) -> None:
    assert_untracked(FORMS[form](PAGE))


@pytest.mark.parametrize("form", FORMS)
def test_pixel_fails_in_every_form_and_is_named(form: str) -> None:
    lines = failure(assert_untracked, FORMS[form](PAGE + PIXEL))
    assert lines[0] == "the email is tracked"
    assert any(line.startswith("  hidden_image: ") and "img src" in line for line in lines)
    assert "    https://count.example/open/4471" in lines
    assert ("  To: ann@reader.example" in lines) == (form != "HTML")
    assert ("  Subject: Lamps" in lines) == (form != "HTML")


def test_own_links_are_tracking() -> None:
    tracked = track_html(PAGE, TRACKED, domain=DOMAIN, message_id="letter-4471").html
    for domains in ([DOMAIN], ["track.example"]):
        lines = failure(assert_untracked, tracked, domains=domains)
        assert lines[0] == "the email is tracked"
        assert sum(line.startswith("  own_tracking_url: ") for line in lines) == 2


def test_known_tracker_is_tracking() -> None:
    page = '<a href="https://a.count.example/lamps">Lamps</a>'
    assert_untracked(page)
    assert "known_tracker" in failure(assert_untracked, page, known_trackers=["count.example"])[1]


def test_aggregate_passes_only_if_it_is_allowed() -> None:
    decision = resolve(
        Route(track_opens=True, track_clicks=True, after_refusal=TrackingMode.AGGREGATE), consent=Consent.DENIED
    )
    campaign = Campaign(id="2026-11", started_at=datetime(2026, 11, 2, tzinfo=UTC))
    page = track_html(PAGE, decision, domain=DOMAIN, message_id="letter-4471", campaign=campaign).html
    assert "allow_aggregate=True" in failure(assert_untracked, page, domains=[DOMAIN])[0]
    assert_untracked(page, domains=[DOMAIN], allow_aggregate=True)
    # A key that is not at hand proves nothing, and a pixel beside it is one.
    assert failure(assert_untracked, page, domains=["track.example"], allow_aggregate=True)[0] == "the email is tracked"
    tracked = failure(assert_untracked, page + PIXEL, domains=[DOMAIN], allow_aggregate=True)
    assert tracked[0] == "the email is tracked"


def test_what_cannot_be_read_fails_and_says_so() -> None:
    raw = b'Content-Type: multipart/encrypted; protocol="application/pgp-encrypted"; boundary=b\r\n\r\n'
    raw += b"--b\r\nContent-Type: application/pgp-encrypted\r\n\r\nVersion: 1\r\n--b\r\n\r\nx\r\n--b--\r\n"
    for allowed in (False, True):
        lines = failure(assert_untracked, raw, allow_aggregate=allowed)
        assert lines[0] == "nothing proves that the email is untracked: some of it cannot be read"
        assert lines[1].startswith("  encrypted: ")


@pytest.mark.parametrize("empty", ["", " \r\n", b""])
def test_empty_mail_proves_nothing(empty: str | bytes) -> None:
    assert failure(assert_untracked, empty) == ["the email is empty, which proves nothing"]
    assert failure(assert_same_for_everyone, [empty, empty]) == ["an email is empty, which proves nothing"]


def test_what_is_taken_for_something_else_is_refused() -> None:
    with pytest.raises(ValueError, match="pass bytes or the message object"):
        assert_untracked(as_object(PIXEL).as_string())
    for octets in (PAGE.encode(), b"Hello " + PIXEL.encode()):
        with pytest.raises(ValueError, match="pass HTML as str"):
            assert_untracked(octets)
        with pytest.raises(ValueError, match="pass HTML as str"):
            assert_unsubscribe_ok(octets)


def test_lone_surrogate_is_no_accident() -> None:
    assert_untracked("<p>\ud800</p>")


@pytest.mark.parametrize("wrong", [None, 3, bytearray(b"Subject: x\r\n\r\n"), [PAGE]])
def test_other_types_are_refused(wrong: Any) -> None:  # noqa: ANN401 - any type but those
    with pytest.raises(TypeError, match="must be str, bytes or an email"):
        assert_untracked(wrong)
    with pytest.raises(TypeError, match="must be str, bytes or an email"):
        assert_same_for_everyone([wrong, wrong])
    with pytest.raises(TypeError, match="must be str, bytes or an email"):
        assert_unsubscribe_ok(wrong)


def test_django_mail_is_told_what_to_give() -> None:
    mail = django_mail().EmailMultiAlternatives()
    with pytest.raises(TypeError, match=re.escape("pass mail.message()")):
        assert_untracked(mail)


def test_wrong_options_are_the_callers_mistake() -> None:
    with pytest.raises(TypeError, match="allow_aggregate"):
        assert_untracked(PAGE, allow_aggregate="no")  # type: ignore[arg-type]  # on purpose
    with pytest.raises(TypeError, match="sequence"):
        assert_untracked(PAGE, domains="track.example")
    with pytest.raises(TypeError, match="not one"):
        assert_same_for_everyone(PAGE)
    with pytest.raises(TypeError, match="all be HTML"):
        assert_same_for_everyone([PAGE, mail(PAGE)])  # type: ignore[arg-type]  # on purpose
    with pytest.raises(ValueError, match="two or more"):
        assert_same_for_everyone([PAGE])
    with pytest.raises(TypeError, match="not str"):
        assert_unsubscribe_ok(PAGE)  # type: ignore[arg-type]  # on purpose


def test_many_findings_are_counted() -> None:
    page = "".join(f'<img src="https://count.example/{number}" width=1 height=1>' for number in range(50))
    lines = failure(assert_untracked, page)
    assert lines[-1] == "  and 30 more"
    assert sum("hidden_image" in line for line in lines) == 20


def test_failure_cannot_steer_a_terminal() -> None:
    raw = mail('<img src="https://count.example/\x1b[2J\u202e" width=1 height=1>').replace(b"Lamps", b"\x1b[2J")
    assert all(line.isprintable() for line in failure(assert_untracked, raw))


@pytest.mark.parametrize("form", FORMS)
def test_same_mail_for_two_people_passes(form: str) -> None:
    assert_same_for_everyone([FORMS[form](PAGE + f"<p>{name}</p>") for name in ("Ann", "Bob")])


@pytest.mark.parametrize("form", FORMS)
def test_url_of_ones_own_fails_and_is_named(form: str) -> None:
    mails = [FORMS[form](f'{PAGE}<img src="https://count.example/?{name}">') for name in ("ann", "bob")]
    lines = failure(assert_same_for_everyone, mails)
    assert lines[0] == "the email differs from recipient to recipient"
    assert [line for line in lines if "count.example" in line] == [
        "    1: https://count.example/?ann",
        "    2: https://count.example/?bob",
    ]


def test_url_that_only_one_gets_fails() -> None:
    assert "    2: nothing" in failure(assert_same_for_everyone, [PAGE + PIXEL, PAGE])


def test_personal_urls_can_be_allowed() -> None:
    mails = [f'<a href="https://shop.example/unsubscribe?who={name}">x</a>' for name in ("ann", "bob")]
    failure(assert_same_for_everyone, mails)
    assert_same_for_everyone(mails, allow=[re.compile("/unsubscribe")])


def test_many_differences_are_counted() -> None:
    pages = ["".join(f'<img src="https://count.example/{who}/{n}">' for n in range(50)) for who in ("ann", "bob")]
    assert re.fullmatch("  and [0-9]+ more", failure(assert_same_for_everyone, pages)[-1])


def test_mail_that_people_can_leave_passes() -> None:
    assert_unsubscribe_ok(mail(LEAVE, LIST))
    message = as_old_object(LEAVE)
    message["List-Unsubscribe"] = "<https://shop.example/unsubscribe>"
    message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    assert_unsubscribe_ok(message)


def test_mail_that_people_cannot_leave_fails_and_says_why() -> None:
    lines = failure(assert_unsubscribe_ok, mail(PAGE))
    assert lines[0] == "people cannot leave the list as they should"
    assert lines[1] == "  To: ann@reader.example"
    assert any(line.startswith("  unsubscribe_missing: ") for line in lines)
    assert any("unsubscribe_tracked" in line for line in failure(
        assert_unsubscribe_ok, mail(LEAVE, LIST), domains=["shop.example"]
    ))  # fmt: skip


@pytest.mark.parametrize("decision", [None, TRACKED])
def test_tracked_mail_needs_a_link_to_withdraw(decision: Decision | None) -> None:
    raw = mail(LEAVE, LIST)
    if decision is None:
        assert_unsubscribe_ok(raw, domains=[DOMAIN])
        return
    lines = failure(assert_unsubscribe_ok, raw, domains=[DOMAIN], decision=decision)
    assert any("withdrawal_link_missing" in line for line in lines)
    link = withdraw_url(DOMAIN, make_withdraw_token(DOMAIN.keys, "letter-4471"))
    with_link = mail(f'{LEAVE}<p><a href="{link}">Stop tracking me</a></p>', LIST)
    assert_unsubscribe_ok(with_link, domains=[DOMAIN], decision=decision)


def test_pytest_shows_the_test_and_not_the_assertions_inside() -> None:
    for name in ("assert_untracked", "assert_same_for_everyone", "assert_unsubscribe_ok"):
        assert "__tracebackhide__ = True" in inspect.getsource(getattr(testing, name))


@given(testing.messages(damaged=False))
def test_mail_of_the_strategies_stays_untracked_if_nobody_agreed(raw: bytes) -> None:
    refused = resolve(Route(track_opens=True, track_clicks=True, require_consent=True), consent=Consent.DENIED)
    assert_untracked(track_message(raw, refused, domain=DOMAIN, message_id="letter-4471").raw, domains=[DOMAIN])


def test_message_object_is_audited_as_it_would_be_sent() -> None:
    message = as_object(PAGE + PIXEL)
    assert failure(assert_untracked, message) == failure(assert_untracked, message_bytes(message))


def test_neither_pytest_nor_hypothesis_is_needed() -> None:
    pytest.importorskip("lxml")
    code = """
import sys
sys.modules["hypothesis"] = sys.modules["pytest"] = None
from lmtrack.testing import assert_untracked
try:
    assert_untracked('<img src="https://count.example/x" width=1 height=1>')
except AssertionError as error:
    assert "hidden_image" in str(error)
else:
    raise SystemExit(1)
"""
    subprocess.run([sys.executable, "-W", "error", "-c", code], check=True)  # noqa: S603 - our own interpreter and code
