"""Tokens against itsdangerous' timed serializer, each in the same run: `python tests/bench/bench_tokens.py`.

The peer gets the shortest payload it can carry: a dict of one-letter keys with the id as 22 characters of base64.
Ours gets what callers hold, the id as a UUID's text of 36 characters. Both read the clock for themselves.
"""

from __future__ import annotations

import ctypes
from base64 import urlsafe_b64encode
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from uuid import UUID

from harness import Row, alternate, table
from itsdangerous import URLSafeTimedSerializer

from lmtrack.tokens import (
    make_click_token,
    make_click_tokens,
    make_keys,
    make_open_token,
    read_click_token,
    read_open_token,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ID = "01890a5d-ac96-774b-bcce-b302099a8057"
SHORT_ID = urlsafe_b64encode(UUID(ID).bytes).decode().rstrip("=")
URL = "https://shop.example/products/summer-shoes?utm_source=newsletter&utm_medium=email&utm_id=20260"
URLS = [f"{URL[:-2]}{number:02}" for number in range(50)]
LONG_URL = f"{URL}&utm_campaign=summer-sale&utm_content=hero-button&utm_term=summer-shoes"

SECRET = b"a benchmark key of 32 octets....."
KEYS = make_keys(SECRET)
TWENTY_KEYS = make_keys(
    b"a newer benchmark key, 32 octets", [*(b"an old key, number %013d" % n for n in range(18)), SECRET]
)
PEER = URLSafeTimedSerializer(SECRET, salt=b"lmtrack")
MAX_AGE_SECONDS = 30 * 86400

OPEN = {"m": SHORT_ID, "r": 0}
BY_ID = {**OPEN, "l": 7}
CLICK = {**BY_ID, "u": URL}
LONG_CLICK = {**BY_ID, "u": LONG_URL}

M_TRIM_THRESHOLD = -1  # mallopt(3)
KEPT_OCTETS = 64 << 20


def steady_heap() -> None:
    """Keep glibc from returning memory between calls.

    The peer asks zlib for 256 KB a token; where those lie on top of the heap they are given back and faulted in again
    each time, which quadruples its time. That is luck of the layout, so it is taken out, in the peer's favour.
    """
    try:
        ctypes.CDLL(None).mallopt(M_TRIM_THRESHOLD, KEPT_OCTETS)
    except (AttributeError, OSError, TypeError):
        print("no mallopt: the peer may be slower than it need be")


def repeated(job: Callable[[], object], times: int) -> Callable[[], None]:
    def run() -> None:
        for _ in range(times):
            job()

    return run


def row(
    what: str,
    ours: Callable[[], object],
    theirs: Callable[[], object],
    *,
    times: int = 1000,
    figures: tuple[float | None, float | None] = (None, None),
    against: str = "URLSafeTimedSerializer",
) -> Row:
    mine, peer = alternate(repeated(ours, times), repeated(theirs, times), rounds=31)
    return Row(what=what, against=against, ours=mine / times, peer=peer / times, at_least=figures[0], aim=figures[1])


def rows() -> Iterator[Row]:
    """Measure every row of the table that concerns tokens; about 15 seconds."""
    steady_heap()
    opened, their_open = make_open_token(KEYS, ID), PEER.dumps(OPEN)
    clicked, their_click = make_click_token(KEYS, ID, 7, url=URL), PEER.dumps(CLICK)
    uuid, now = UUID(ID), datetime.now(UTC)  # noqa: TID251 - a benchmark
    yield row("make_open_token", lambda: make_open_token(KEYS, ID), lambda: PEER.dumps(OPEN), figures=(6, 10))
    yield row(
        "make_open_token, a given time",
        lambda: make_open_token(KEYS, ID, now=now),
        lambda: PEER.dumps(OPEN),
        figures=(6, 10),
    )
    yield row("make_open_token, id as uuid.UUID", lambda: make_open_token(KEYS, uuid), lambda: PEER.dumps(OPEN))
    yield row(
        "read_open_token",
        lambda: read_open_token(KEYS, opened),
        lambda: PEER.loads(their_open, max_age=MAX_AGE_SECONDS),
        figures=(3, 4.5),
    )
    yield row(
        "make_click_token, 94-character URL",
        lambda: make_click_token(KEYS, ID, 7, url=URL),
        lambda: PEER.dumps(CLICK),
        figures=(5, 8),
    )
    yield row(
        "make_click_token, 94 characters, a given time",
        lambda: make_click_token(KEYS, ID, 7, url=URL, now=now),
        lambda: PEER.dumps(CLICK),
        figures=(5, 8),
    )
    yield row(
        "read_click_token, 94-character URL",
        lambda: read_click_token(KEYS, clicked),
        lambda: PEER.loads(their_click, max_age=MAX_AGE_SECONDS),
        figures=(2.5, 4),
    )
    yield row(
        "make_click_tokens, 50 links",
        lambda: make_click_tokens(KEYS, ID, URLS),
        lambda: [PEER.dumps({**OPEN, "l": index, "u": url}) for index, url in enumerate(URLS)],
        times=20,
        figures=(7, 12),
    )
    yield row(
        f"make_click_token, {len(LONG_URL)}-character URL, deflated",
        lambda: make_click_token(KEYS, ID, 7, url=LONG_URL),
        lambda: PEER.dumps(LONG_CLICK),
    )
    yield row(
        "read_open_token, oldest of 20 keys",
        lambda: read_open_token(TWENTY_KEYS, opened),
        lambda: read_open_token(KEYS, opened),
        against="the same with one key",
        figures=(0.9, 1),
    )


def lengths() -> Iterator[str]:
    """Compare the texts' lengths; ours without the guard that one text in 32 needs."""
    for what, ours, theirs, limit in (
        ("open", make_open_token(KEYS, ID), PEER.dumps(OPEN), 52),
        ("click by id", make_click_token(KEYS, ID, 7), PEER.dumps(BY_ID), 54),
        (f"click, {len(URL)}-character URL", make_click_token(KEYS, ID, 7, url=URL), PEER.dumps(CLICK), 180),
        (
            f"click, {len(LONG_URL)}-character URL",
            make_click_token(KEYS, ID, 7, url=LONG_URL),
            PEER.dumps(LONG_CLICK),
            None,
        ),
    ):
        characters = len(ours) - (len(ours) % 4 == 1)
        most = "" if limit is None else f" (at most {limit})"
        yield f"length of {what}: {characters}{most}, URLSafeTimedSerializer {len(theirs)}"


def main() -> None:
    print(table(rows()))
    print("\n".join(lengths()))


if __name__ == "__main__":
    main()
