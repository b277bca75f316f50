"""The backend for Django, against a server on this machine, other backends of Django, and its settings."""

from __future__ import annotations

import asyncio
import re
import threading
from binascii import a2b_qp
from email import policy
from functools import partial
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, Final, TypeAlias
from uuid import UUID

import pytest

from lmtrack import (
    Campaign,
    Consent,
    LinkPolicy,
    Route,
    TrackingDomain,
    campaign_urls,
    make_keys,
    make_unsubscribe_token,
    message_bytes,
    parse_headers,
    unsubscribe_headers,
    unsubscribe_url,
    untrack_message,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

aiosmtpd = pytest.importorskip("aiosmtpd.smtp")
django = pytest.importorskip("django")
conf = pytest.importorskip("django.conf")

Foreign: TypeAlias = Any  # what libraries without types hand over

SENDER: Final = "letters@shop.example"
ANN, BEN = "ann@reader.example", "ben@reader.example"
LEAVE: Final = f"<https://shop.example/leave/{'4471' * 16}>"
HTML: Final = '<p>Grüße</p>\nFrom here\n<p><a href="https://shop.example/lamps?a=1&amp;b=2">Lampen</a></p>\n'
DOMAIN: Final = TrackingDomain("https://track.example", make_keys(b"a fixed key, for these tests only"))
ROUTE: Final = Route(track_opens=True, track_clicks=True, require_consent=True)


def consent_of(address: str) -> Consent:
    return Consent.of(True if address == ANN else None)


GOOD: Final = {"DOMAIN": DOMAIN, "ROUTE": ROUTE, "CONSENT": consent_of}


@pytest.fixture(autouse=True)
def given() -> Iterator[dict[str, Any]]:
    """The setting `LMTRACK`, in settings of this test's own."""
    before = conf.settings._wrapped
    conf.settings._wrapped = conf.empty
    lmtrack_settings = dict(GOOD)
    conf.settings.configure(LMTRACK=lmtrack_settings)
    yield lmtrack_settings
    conf.settings._wrapped = before


@pytest.fixture
def contrib(given: dict[str, Any]) -> Foreign:
    del given
    from lmtrack.contrib import django as adapter  # noqa: PLC0415 - with the settings

    return adapter


@pytest.fixture
def decisions(contrib: Foreign) -> Iterator[list[dict[str, Any]]]:
    """What the signal says, mail by mail."""
    told: list[dict[str, Any]] = []

    def keep(**arguments: object) -> None:
        told.append(arguments)

    contrib.mail_tracked.connect(keep)
    yield told
    contrib.mail_tracked.disconnect(keep)


def letter(*, html_only: bool = False, mail_id: object = "letter-4471", **options: Foreign) -> Foreign:
    """A mail as Django's users make it."""
    from django.core.mail import EmailMessage, EmailMultiAlternatives  # noqa: PLC0415 - with the settings

    defaults: dict[str, Foreign] = {"headers": {"List-Unsubscribe": LEAVE}, "to": [ANN]}
    options = defaults | options
    mail: Foreign
    if html_only:
        mail = EmailMessage("Grüße", HTML, SENDER, **options)
        mail.content_subtype = "html"
    else:
        mail = EmailMultiAlternatives("Grüße", "From today on\n.\nGrüße\n", SENDER, **options)
        mail.attach_alternative(HTML, "text/html")
    if mail_id is not None:
        mail.lmtrack_id = mail_id
    return mail


def deliver(backend: Callable[..., Foreign], *mails: Foreign) -> list[bytes]:
    """Send through a backend to a server that keeps what it gets."""
    arrived: list[bytes] = []

    class Keep:
        async def handle_DATA(self, _server: object, _session: object, envelope: Foreign) -> str:  # noqa: N802
            arrived.append(envelope.content)
            return "250 kept"

    async def serve() -> None:
        loop = asyncio.get_running_loop()
        server = await loop.create_server(lambda: aiosmtpd.SMTP(Keep(), hostname="localhost"), "127.0.0.1", 0)
        async with server:
            port = server.sockets[0].getsockname()[1]
            await asyncio.to_thread(backend(host="127.0.0.1", port=port, alias="default").send_messages, mails)

    asyncio.run(serve())
    return arrived


def tokens_in(raw: bytes, kind: str) -> list[str]:
    return re.findall(rf"https://track\.example/{kind}/([\w-]+)", a2b_qp(raw).decode("latin-1"))


def lines(message: bytes) -> list[bytes]:
    """The lines of a message but those that differ each time it is made."""
    return [line for line in message.split(b"\r\n") if not re.match(rb"Message-ID:|Date:|.*=_[0-9a-f]{32}_", line)]


@pytest.mark.parametrize("folder", ["", f"/{'mail/' * 40}x"], ids=["short", "long"])
@pytest.mark.usefixtures("decisions")
def test_our_own_way_out_arrives_as_it_was_written(contrib: Foreign, folder: str) -> None:
    domain = TrackingDomain("https://track.example", DOMAIN.keys, ways_out_url=f"https://shop.example{folder}")
    leave = unsubscribe_url(domain, make_unsubscribe_token(domain.keys, "8f3c-letters"))
    fields = unsubscribe_headers(leave, mailto="mailto:leave@shop.example?subject=leave")
    [raw] = deliver(contrib.EmailBackend, letter(headers=fields))
    assert max(map(len, raw.split(b"\r\n"))) <= 998
    unfolded = raw.replace(b"\r\n ", b" ").partition(b"\r\n\r\n")[0].split(b"\r\n")
    assert [line.decode() for line in unfolded if line.startswith(b"List-")] == [
        f"{name}: {value}" for name, value in fields.items()
    ]


@pytest.mark.parametrize("html_only", [False, True])
def test_a_mail_arrives_tracked_and_undamaged(contrib: Foreign, decisions: list[Any], html_only: bool) -> None:
    mail = letter(html_only=html_only)
    [raw] = deliver(contrib.EmailBackend, mail)
    assert len(tokens_in(raw, "c")) == len(tokens_in(raw, "o")) == 1
    assert f"\r\nList-Unsubscribe: {LEAVE}\r\n".encode() in raw
    assert b"\r\nFrom here\r\n" in raw
    assert lines(untrack_message(raw, domain=DOMAIN)) == lines(message_bytes(mail.message()))
    [told] = decisions
    assert (told["mail"], told["message_id"], told["decision"].reasons) == (mail, "letter-4471", ())
    assert told["sender"] is contrib.EmailBackend


def test_mail_without_an_id_leaves_as_django_writes_it(contrib: Foreign, decisions: list[Any]) -> None:
    from django.core.mail.backends.smtp import EmailBackend  # noqa: PLC0415 - with the settings

    mail = letter(mail_id=None, headers={})
    [raw], [plain] = deliver(contrib.EmailBackend, mail), deliver(EmailBackend, mail)
    boundary = re.compile(rb"=+\d+==")
    assert lines(boundary.sub(b"", raw)) == lines(boundary.sub(b"", plain))
    assert decisions == []


@pytest.mark.parametrize(
    "name", ["X-LM-Override-Track-Opens", "x-lm-override-track-CLICKS", "X-LM-Override-Track-Open"]
)
def test_override_headers_never_leave(contrib: Foreign, name: str) -> None:
    for mail_id in (None, "letter-4471"):
        mail = letter(mail_id=mail_id, headers={name: "false", "X-LM-Override-TLS": "opportunistic"})
        [raw] = deliver(contrib.EmailBackend, mail)
        assert name.lower().encode() not in raw.lower()
        assert b"X-LM-Override-TLS: opportunistic" in raw
        assert mail.extra_headers[name] == "false"  # the mail is the caller's


def test_a_mail_s_own_headers_decide(contrib: Foreign, given: dict[str, Any], decisions: list[Any]) -> None:
    deliver(contrib.EmailBackend, letter(headers={"X-LM-Override-Track-Opens": "false"}))
    given["ROUTE"] = Route()
    deliver(contrib.EmailBackend, letter(headers={"X-LM-Override-Track-Opens": "true"}))
    assert [(told["decision"].track_opens, told["decision"].track_clicks) for told in decisions] == [
        (False, True),
        (True, False),
    ]


def test_the_id_may_be_in_a_header_which_never_leaves(contrib: Foreign, decisions: list[Any]) -> None:
    uuid = UUID("01890a5d-ac96-774b-bcce-b302099a8057")
    for mail in (
        letter(mail_id=None, headers={"X-Lmtrack-ID": "letter-4471"}),
        letter(headers={"x-lmtrack-id": "letter-4471"}),
        letter(mail_id=uuid, headers={"X-LMTRACK-ID": str(uuid)}),
        letter(mail_id=uuid),
    ):
        [raw] = deliver(contrib.EmailBackend, mail)
        assert b"lmtrack-id" not in raw.lower()
        assert len(tokens_in(raw, "o")) == 1
    assert [told["message_id"] for told in decisions] == ["letter-4471", "letter-4471", str(uuid), str(uuid)]
    with pytest.raises(ValueError, match="the message has two ids"):
        deliver(contrib.EmailBackend, letter(headers={"X-Lmtrack-ID": "letter-4472"}))


def test_each_mail_of_one_connection_has_its_own_decision(contrib: Foreign, decisions: list[Any]) -> None:
    mails = [letter(to=[to]) for to in (ANN, BEN, f"Ann <{ANN}>", f"Ben <{BEN}>")]
    assert [len(tokens_in(raw, "c")) for raw in deliver(contrib.EmailBackend, *mails)] == [1, 0, 1, 0]
    [raw] = deliver(contrib.EmailBackend, letter(bcc=[BEN]))
    assert b"track.example" not in raw
    assert BEN.encode() not in raw
    assert "opens:shared_body" in decisions[-1]["decision"].reasons


def test_a_campaign_is_tracked_in_aggregate_for_several(
    contrib: Foreign, given: dict[str, Any], decisions: list[Any]
) -> None:
    from datetime import UTC, datetime  # noqa: PLC0415 - only here

    campaign = Campaign(id="autumn", started_at=datetime(2026, 11, 2, tzinfo=UTC), urls=campaign_urls(HTML))
    given |= {"CAMPAIGN": lambda _mail: campaign, "CONSENT": lambda _address: Consent.GRANTED}
    [raw] = deliver(contrib.EmailBackend, letter(cc=[BEN]))
    assert len(tokens_in(raw, "c")) == len(tokens_in(raw, "o")) == 1
    assert decisions[0]["decision"].opens.name == "AGGREGATE"


def test_mail_to_nobody_is_not_sent(contrib: Foreign) -> None:
    assert deliver(contrib.EmailBackend, letter(to=[])) == []
    assert contrib.EmailBackend(host="127.0.0.1", alias="default").send_messages([]) == 0


def test_a_message_of_a_class_of_its_own_is_tracked(contrib: Foreign) -> None:
    mail = letter()
    message = mail.message()
    mail.message = lambda: message  # takes no policy, as before Django 6
    [raw] = deliver(contrib.EmailBackend, mail)
    assert len(tokens_in(raw, "c")) == 1


@pytest.mark.parametrize("name", ["locmem", "filebased", "console"])
def test_other_backends_write_the_same_bytes(contrib: Foreign, name: str, tmp_path: Path) -> None:
    backends = pytest.importorskip(f"django.core.mail.backends.{name}")
    options = {"filebased": {"file_path": str(tmp_path)}}.get(name, {})
    kind = type("Backend", (contrib.Tracking, backends.EmailBackend), {})
    backend = kind(alias="default", **options)
    mail = letter()
    if name == "locmem":
        core = pytest.importorskip("django.core.mail")
        core.outbox = []
        assert backend.send_messages([mail]) == 1
        [sent] = core.outbox
        raw = sent.message().as_bytes()
        assert sent.message(policy=policy.SMTP)["To"] == ANN
        assert [part.get_content_type() for part in sent.message().iter_parts()] == ["text/plain", "text/html"]
        assert sent.message().get_body(["html"]).as_bytes()
    else:
        if name == "console":
            backend.stream = (tmp_path / "out.log").open("w", encoding="utf-8", newline="")
        assert backend.send_messages([mail]) == 1
        if name == "console":
            backend.stream.close()
        raw = next(tmp_path.glob("*.log")).read_bytes()
    assert len(tokens_in(raw, "c")) == len(tokens_in(raw, "o")) == 1
    assert b"\nFrom today on" in raw


def test_a_backend_that_never_makes_a_message_is_an_error(contrib: Foreign) -> None:
    base = pytest.importorskip("django.core.mail.backends.base")

    service = type("Service", (base.BaseEmailBackend,), {"send_messages": lambda _, mails: len([*mails])})
    backend = type("Tracked", (contrib.Tracking, service), {})(alias="default")
    with pytest.raises(pytest.importorskip("django.core.exceptions").ImproperlyConfigured, match="track_parts"):
        backend.send_messages([letter()])
    assert backend.send_messages([letter(mail_id=None)]) == 1


# For services behind an API


@pytest.mark.parametrize("html_only", [False, True])
def test_the_parts_of_a_mail_are_tracked_in_place(contrib: Foreign, decisions: list[Any], html_only: bool) -> None:
    mail = letter(html_only=html_only, headers={"x-lm-override-track-OPENS": "false", "X-Other": "stays"})
    contrib.track_before_sending(sender=None, message=mail, esp_name="Test")
    assert decisions[0]["decision"].reasons == ("opens:override_false",)
    raw = message_bytes(mail.message())
    assert (len(tokens_in(raw, "c")), tokens_in(raw, "o")) == (1, [])
    assert mail.extra_headers == {"X-Other": "stays"}
    assert (mail.track_opens, mail.track_clicks) == (False, False)


def test_only_the_last_page_of_a_mail_is_tracked(contrib: Foreign) -> None:
    mail = letter()
    mail.attach_alternative("<p>x</p>", "text/x-amp-html")
    mail.attach_alternative(HTML, "text/html")
    contrib.track_parts(mail)
    assert [part[0].count("https://track.example/") for part in mail.alternatives] == [0, 0, 2]
    assert mail.alternatives[2].mimetype == "text/html"


def test_what_cannot_be_tracked_in_place_stays(contrib: Foreign, decisions: list[Any]) -> None:
    mail = letter()
    mail.alternatives = []
    contrib.track_parts(mail)
    assert decisions[0]["decision"].reasons == ("opens:no_html", "clicks:no_html")
    shared = letter(to=[ANN, "Ann <ann@home.example>"])
    contrib.track_parts(shared)
    assert shared.alternatives[0][0] == HTML
    plain = letter(mail_id=None, headers={"X-LM-Override-Track-Opens": "false"})
    contrib.track_parts(plain)
    assert (plain.alternatives[0][0], plain.extra_headers) == (HTML, {})
    assert not hasattr(plain, "track_opens")


def test_one_body_for_several_people_is_not_tracked_in_place(
    contrib: Foreign, given: dict[str, Any], decisions: list[Any]
) -> None:
    given["CONSENT"] = lambda _address: Consent.GRANTED
    mail = letter(to=[ANN, BEN])
    contrib.track_parts(mail)
    assert mail.alternatives[0][0] == HTML
    assert "clicks:shared_body" in decisions[0]["decision"].reasons


def test_a_service_whose_account_is_off_is_told_nothing(contrib: Foreign, given: dict[str, Any]) -> None:
    given["ACCOUNT_OFF"] = True
    mail = letter()
    contrib.track_parts(mail)
    assert "https://track.example/o/" in mail.alternatives[0][0]
    assert not hasattr(mail, "track_opens")


# Settings


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"DOMAIN": None}, r"LMTRACK\['DOMAIN'\] must be a TrackingDomain"),
        ({"DOMAIN": "https://track.example"}, r"LMTRACK\['DOMAIN'\] cannot be imported"),
        ({"ROUTE": True}, r"LMTRACK\['ROUTE'\] must be a Route"),
        ({"CONSENT": Consent.GRANTED}, r"LMTRACK\['CONSENT'\] cannot be imported"),
        ({"CONSENT": None}, r"LMTRACK\['CONSENT'\] must be a function that returns a Consent"),
        ({"CAMPAIGN": 5}, r"LMTRACK\['CAMPAIGN'\] must be a function that returns a Campaign"),
        ({"ACCOUNT_OFF": 1}, r"LMTRACK\['ACCOUNT_OFF'\] must be True or False"),
        ({"POLICY": LinkPolicy()}, r"LMTRACK does not know POLICY; it knows ACCOUNT_OFF, CAMPAIGN"),
        ({"OPTIONS": {"max_line": 998}}, r"LMTRACK\['OPTIONS'\] must be a dict of destination"),
        ({"OPTIONS": [1]}, r"LMTRACK\['OPTIONS'\] must be a dict of destination"),
        ({"OPTIONS": {"policy": "none"}}, r"LMTRACK\['OPTIONS'\]: policy must be a LinkPolicy, not str"),
        ({"OPTIONS": {"pixel_position": "top"}}, r"LMTRACK\['OPTIONS'\]: pixel_position must be"),
    ],
)
def test_a_mistake_in_the_settings_shows_at_once(
    contrib: Foreign, given: dict[str, Any], change: dict[str, Any], text: str
) -> None:
    given |= change
    config = contrib.LmtrackConfig("lmtrack.contrib.django", contrib)
    wrong = pytest.importorskip("django.core.exceptions").ImproperlyConfigured
    for start in (config.ready, partial(contrib.EmailBackend, host="127.0.0.1", alias="default")):
        with pytest.raises(wrong, match=text):
            start()


def test_settings_that_are_not_there_show_at_once(contrib: Foreign, given: dict[str, Any]) -> None:
    wrong = pytest.importorskip("django.core.exceptions").ImproperlyConfigured
    del given["ROUTE"], given["CONSENT"]
    with pytest.raises(wrong, match="LMTRACK has no ROUTE and no CONSENT"):
        contrib.EmailBackend(host="127.0.0.1", alias="default")
    del conf.settings.LMTRACK
    with pytest.raises(wrong, match="LMTRACK must be a dict with DOMAIN, ROUTE and CONSENT"):
        contrib.EmailBackend(host="127.0.0.1", alias="default")


def test_settings_may_be_dotted_paths_and_functions(
    contrib: Foreign, given: dict[str, Any], monkeypatch: pytest.MonkeyPatch, decisions: list[Any]
) -> None:
    import sys  # noqa: PLC0415 - only here

    shop = SimpleNamespace(domain=DOMAIN, route_of=lambda mail: ROUTE if mail.subject == "Grüße" else Route(),
                           consent_of=consent_of)  # fmt: skip
    monkeypatch.setitem(sys.modules, "shop_mail", shop)
    given |= {"DOMAIN": "shop_mail.domain", "ROUTE": "shop_mail.route_of", "CONSENT": "shop_mail.consent_of",
              "OPTIONS": {"policy": LinkPolicy(skip_urls=[re.compile("lamps")]), "text_links": True}}  # fmt: skip
    contrib.LmtrackConfig("lmtrack.contrib.django", contrib).ready()
    [raw] = deliver(contrib.EmailBackend, letter())
    assert (tokens_in(raw, "c"), len(tokens_in(raw, "o"))) == ([], 1)
    mail = letter()
    mail.subject = "Other"
    contrib.track_parts(mail)
    assert decisions[-1]["decision"].reasons == ("opens:route_off", "clicks:route_off")


def test_mails_are_tracked_from_several_threads(contrib: Foreign) -> None:
    arrived: list[bytes] = []
    threads = [
        threading.Thread(target=lambda: arrived.extend(deliver(contrib.EmailBackend, letter()))) for _ in range(3)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [len(tokens_in(raw, "o")) for raw in arrived] == [1, 1, 1]


@pytest.mark.parametrize("value", [False, None, 0, "no idea"])
def test_what_django_makes_of_a_boolean_header_is_off(value: object) -> None:
    """Django 6 writes an empty value for one that is false, and cannot write True; Django 5 writes it as text."""
    mail = pytest.importorskip("django.core.mail")
    name, unread = "X-LM-Override-Track-Opens", ("opens:override_invalid",)
    message = mail.EmailMessage("Code", "447109", SENDER, [ANN], headers={name: value})
    written = message.message()
    problems = () if written[name] in ("False", "0") else unread
    for headers, told in ((message.extra_headers, unread), (written, problems), (message_bytes(written), problems)):
        override = parse_headers(headers)
        assert (override.track_opens, override.problems) == (False, told)
