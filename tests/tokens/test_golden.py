from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import itsdangerous
import pytest

from lmtrack.resolver import TrackingMode
from lmtrack.tokens import (
    Keys,
    explain_token,
    make_click_token,
    make_keys,
    make_open_token,
    make_withdraw_token,
    read_click_token,
    read_open_token,
    read_withdraw_token,
)
from token_oracle import GOLDEN, KEYS, NOW, every_kind, hint_of, number_at, octets_of, signed, stock_signer, text_of

if TYPE_CHECKING:
    from collections.abc import Callable


@every_kind
def test_tag_is_the_first_half_of_a_stock_itsdangerous_signature(token: str, reader: Callable[..., object]) -> None:
    octets = octets_of(token)
    signature = itsdangerous.encoding.base64_decode(stock_signer().get_signature(octets[:-16]))
    assert octets[-16:] == signature[:16]
    assert octets[1] == hint_of()
    assert signed(octets[:-16]) == token
    assert reader(KEYS, token, now=NOW)


def golden_keys(row: dict[str, Any]) -> Keys:
    return make_keys(GOLDEN["keys"][row["key"]].encode(), tenant=row["tenant"].encode())


@pytest.mark.parametrize("row", GOLDEN["tokens"], ids=lambda row: row["name"])
def test_golden_token_is_read(row: dict[str, Any]) -> None:
    moment = datetime.fromisoformat(row["issued_at"])
    ring = make_keys(
        GOLDEN["keys"]["current"].encode(), [GOLDEN["keys"]["previous"].encode()], tenant=row["tenant"].encode()
    )
    value: Any
    if row["purpose"] == "withdraw":
        value = read_withdraw_token(ring, row["token"], now=moment)
    elif row["purpose"] == "open":
        value = read_open_token(ring, row["token"], now=moment)
    else:
        value = read_click_token(ring, row["token"], now=moment)
        assert (value.link_index, value.url) == (row["link_index"], row["url"])
    assert (value.message_id, value.recipient, value.issued_at) == (row["message_id"], row["recipient"], moment)
    if row["purpose"] != "withdraw":
        assert value.mode is TrackingMode[row["mode"].upper()]
    explained = explain_token(row["token"])
    assert (explained.kind, explained.purpose, explained.issued_at) == (row["kind"], row["purpose"], moment)


@pytest.mark.parametrize("row", [row for row in GOLDEN["tokens"] if not row["deflated"]], ids=lambda row: row["name"])
def test_golden_token_is_made(row: dict[str, Any]) -> None:
    common: dict[str, Any] = {"recipient": row["recipient"], "now": datetime.fromisoformat(row["issued_at"])}
    keys = golden_keys(row)
    if row["purpose"] == "withdraw":
        token = make_withdraw_token(keys, row["message_id"], **common)
    elif row["purpose"] == "open":
        token = make_open_token(keys, row["message_id"], mode=TrackingMode[row["mode"].upper()], **common)
    else:
        mode = TrackingMode[row["mode"].upper()]
        token = make_click_token(keys, row["message_id"], row["link_index"], url=row["url"], mode=mode, **common)
    assert token == row["token"]


@pytest.mark.parametrize("row", GOLDEN["tokens"], ids=lambda row: row["name"])
def test_golden_tag_is_that_of_itsdangerous(row: dict[str, Any]) -> None:
    octets = octets_of(row["token"])
    signer = stock_signer(GOLDEN["keys"][row["key"]].encode(), row["tenant"].encode())
    assert octets[-16:] == itsdangerous.encoding.base64_decode(signer.get_signature(octets[:-16]))[:16]
    assert text_of(octets) == row["token"]


def test_every_kind_has_a_golden_token() -> None:
    assert {row["kind"] for row in GOLDEN["tokens"]} == set(range(1, 9))


def row_of_page(row: dict[str, Any]) -> str:
    """Take a golden token apart with nothing of the library's, as the page on the format shows it."""
    octets = octets_of(row["token"])
    body, tag = octets[:-16], octets[-16:]
    place = 6
    recipient = index = size = url = ""
    if row["kind"] not in {5, 6, 7}:
        recipient, place = number_at(body, place)
    if row["kind"] in {2, 3, 6, 7}:
        index, place = number_at(body, place)
    field = body[place:]
    if row["kind"] in {3, 7}:
        size, place = number_at(body, place)
        end = place + int(size.strip("`"), 16)
        field, stored = body[place:end], body[end:]
        url = f"`00` and {len(stored) - 1} bytes of deflate" if stored[0] == 0 else f"{len(stored)} bytes of UTF-8"
    if len(field) == 16:
        message_id = f"`{field.hex()}`"
    else:
        message_id = f"`80`, `{field[1:].decode()}`" if field[0] == 0x80 else f"`{field.decode()}`"
    guard = ", guard" if len(row["token"]) % 4 == 1 else ""
    cells = [
        row["name"],
        f"`{body[0]:02x}`",
        f"`{body[1]:02x}`",
        f"`{body[2:6].hex()}`",
        recipient,
        index,
        size,
        message_id,
        url,
        f"`{tag.hex()}`",
        f"{len(row['token'])}{guard}",
    ]
    return f"| {' | '.join(cells)} |"


def test_page_on_the_format_shows_every_golden_token() -> None:
    page = Path(__file__).resolve().parents[2] / "docs" / "explanation" / "token-format.md"
    lines = page.read_text(encoding="utf-8").splitlines()
    assert [
        line for line in lines if line.startswith(("| open", "| click", "| aggregate", "| deliver", "| withdraw"))
    ] == [row_of_page(row) for row in GOLDEN["tokens"]]
