"""A hostile message is written in a time that goes with its size."""

from __future__ import annotations

from email.message import Message
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText
from functools import partial
from time import process_time
from typing import Any, Final

import pytest

from lmtrack.message import message_bytes

BODY_UNITS: Final = ["--\n", "--x\n", "\r", "=", "=3D", f"{'x' * 990}\n", "\0"]


def of_body(encoding: str, unit: str, size: int) -> Message:
    message = Message()
    message["Content-Transfer-Encoding"] = encoding
    message.set_payload("x" * 1000 + unit * (size // len(unit)))
    return message


def of_header(name: str, unit: str, size: int) -> Message:
    message = Message()
    message[name] = unit * (size // len(unit))
    return message


def of_parts(size: int) -> Message:
    message: Message = MIMEText("--x\n" * (size // 8))
    for place in range(size // 200):
        message = MIMEMultipart(boundary=f"b{place}" if place % 2 else None, _subparts=[message, MIMEText("x")])
    return message


HOSTILE: Final[dict[str, Any]] = {
    **{
        f"{encoding} {unit[:5]!r}": partial(of_body, encoding, unit)
        for unit in BODY_UNITS
        for encoding in ("8bit", "base64", "quoted-printable", "binary")
    },
    **{
        f"{name}: {unit!r}": partial(of_header, name, unit)
        for name in ("Subject", "X-A")
        for unit in ("a ", '" ', '\\" ', "\n ", "é ", "é a ", "é\t", "=?utf-8?q?a?= é ", "(é ")
    },
    **{
        f"To: {unit!r}": partial(of_header, "To", unit)
        for unit in ("é <a@b.example>, ", "<a@b.example> (é), ", "é: <a@b.example>; , ", '"é" <a@b.example>, , ')
    },
    "parts": of_parts,
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_hostile_message_takes_no_longer_than_its_size(kind: str) -> None:
    def seconds(message: Message) -> float:
        start = process_time()
        assert message_bytes(message)
        return process_time() - start

    small, large = (HOSTILE[kind](size) for size in (12_500, 100_000))
    # Not a test of speed: quadratic work shows in each of four attempts, a busy machine does not.
    assert any(seconds(large) < max(24 * seconds(small), 0.1) for _ in range(4))
