"""What the sender looks at, and the web that the sample letters lead to. A real tracking host has none of these paths.

In production they are on another host, behind a login.
"""

from __future__ import annotations

import email
import json
from datetime import UTC, datetime
from email import policy
from pathlib import Path
from typing import TYPE_CHECKING, Final

from lmtrack.endpoint import HttpResponse
from tracker import pages, pictures

if TYPE_CHECKING:
    from tracker.request import Request
    from tracker.store import Store

FOLDER: Final = Path(__file__).resolve().parent
HTML: Final = "text/html; charset=utf-8"
FILES: Final = {"style.css": "text/css", "live.js": "text/javascript", "icon.svg": "image/svg+xml"}
PRIVATE: Final = (
    ("Cache-Control", "no-store"),
    ("Referrer-Policy", "no-referrer"),
    ("X-Content-Type-Options", "nosniff"),
)
# Nothing from elsewhere; the pages have one style, one script and forms that lead back here.
OWN: Final = (
    "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'"
)
# A mail has no scripts and no forms, and here no pictures from elsewhere; its links may be followed.
MAIL: Final = (
    "sandbox allow-popups allow-popups-to-escape-sandbox allow-top-navigation-by-user-activation; "
    "default-src 'none'; style-src 'unsafe-inline'; img-src 'self'; frame-ancestors 'none'"
)


class Desk:
    """The pages, by path."""

    def __init__(self, store: Store, base_url: str) -> None:
        self.store = store
        self.base_url = base_url

    def answer(self, request: Request) -> HttpResponse | None:
        """Answer what is ours; None if it is not, or if there is no such thing."""
        store, live, answer = self.store, request.query != "live=off", None
        match request.method, *request.path.split("/")[1:]:
            case "GET", "":
                answer = page(pages.overview(store.letters(), store.events(), store.refusals(), live=live))
            case "GET", ("style.css" | "live.js" | "icon.svg") as name:
                answer = respond((FOLDER / name).read_bytes(), FILES[name])
            case "GET", "events.json":
                answer = respond(json.dumps([seen.payload for seen in store.events()]).encode(), "application/json")
            case "GET", "letters", letter_id:
                answer = self.letter(letter_id, live=live)
            case "GET", "mails", letter_id:
                answer = self.mail(letter_id)
            case "POST", "letters", letter_id, "withdraw":
                answer = self.withdraw(letter_id, request.headers)
            case "GET", "web", host, *path:
                answer = elsewhere(host, "/".join(path), request.query)
        return answer

    def letter(self, letter_id: str, *, live: bool) -> HttpResponse | None:
        """Show what became of a letter."""
        letter, store = self.store.letter(letter_id), self.store
        if letter is None:
            return None
        return page(pages.letter_page(letter, store.events(letter_id), store.anchors(letter_id), live=live))

    def mail(self, letter_id: str) -> HttpResponse | None:
        """Show a letter as the reader's mail client would: its HTML, and nothing of ours around it."""
        letter = self.store.letter(letter_id)
        if letter is None:
            return None
        body = email.message_from_bytes(letter.raw, policy=policy.default).get_body(("html",))
        return None if body is None else respond(body.get_content().encode(), HTML, ("Content-Security-Policy", MAIL))

    def withdraw(self, letter_id: str, headers: dict[str, str]) -> HttpResponse | None:
        """Withdraw for a reader who asked for it by phone; the link in the mail does the same without us."""
        # A form of a foreign page is not ours. Browsers say so in two ways; each has those that know only the other.
        # Under our Referrer-Policy a form of our own has the origin "null", and so has one in a foreign sandbox.
        site, origin = headers.get("sec-fetch-site"), headers.get("origin", self.base_url)
        own_origin = origin == self.base_url or (origin == "null" and site == "same-origin")
        is_ours = own_origin and site in {None, "same-origin"}
        if not is_ours or self.store.letter(letter_id) is None:
            return None
        self.store.withdraw(letter_id, datetime.now(UTC))
        return respond(b"", "text/plain", ("Location", f"/letters/{letter_id}"), status=303)


def elsewhere(host: str, path: str, query: str) -> HttpResponse | None:
    """Play the rest of the web."""
    if host.startswith("img."):
        picture = pictures.draw(path.rpartition("/")[2])
        return None if picture is None else respond(picture.encode(), "image/svg+xml")
    return page(pages.arrived(f"https://{host}/{path}{'?' if query else ''}{query}"))


def page(body: bytes, *, status: int = 200) -> HttpResponse:
    """Answer with one of our pages."""
    return respond(body, HTML, ("Content-Security-Policy", OWN), status=status)


def respond(body: bytes, content_type: str, *headers: tuple[str, str], status: int = 200) -> HttpResponse:
    """Make an answer that nobody keeps."""
    always = (("Content-Type", content_type), ("Content-Length", str(len(body))), *PRIVATE)
    return HttpResponse(status=status, headers=(*always, *headers), body=body)
