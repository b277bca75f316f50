from __future__ import annotations

import codecs
import json
import re
import stat
from typing import TYPE_CHECKING

import pytest

from cli_pages import token_of
from cli_runs import KEY, NOW, refused, run
from lmtrack._cli.files import read_keys
from lmtrack.tokens import make_keys, make_open_token

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def test_keys_prints_a_key_that_is_its_characters(
    capsysbinary: pytest.CaptureFixture[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    code, out, err = run(capsysbinary, "keys")
    key = out.decode().removesuffix("\n")
    assert (code, err) == (0, "")
    assert re.fullmatch(r"[A-Za-z0-9_-]{43}", key)
    monkeypatch.setenv("LMTRACK_KEY", key)
    assert read_keys(None) == make_keys(key.encode())
    assert run(capsysbinary, "keys")[1] != out


def test_keys_takes_a_dash_for_standard_output(
    capsysbinary: pytest.CaptureFixture[bytes], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    assert re.fullmatch(rb"[A-Za-z0-9_-]{43}\n", run(capsysbinary, "keys", "-o", "-")[1])
    assert not list(tmp_path.iterdir())


def test_keys_writes_a_file_for_its_owner_only(capsysbinary: pytest.CaptureFixture[bytes], tmp_path: Path) -> None:
    path = tmp_path / "new.key"
    code, out, _ = run(capsysbinary, "keys", "-o", str(path))
    assert (code, out) == (0, b"")
    assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0
    assert read_keys(str(path)) == make_keys(path.read_bytes().strip())


@pytest.mark.parametrize("name", ["there.key", "no/where.key", "a\0b"])
def test_keys_never_replaces_a_file(capsysbinary: pytest.CaptureFixture[bytes], tmp_path: Path, name: str) -> None:
    there = tmp_path / "there.key"
    there.write_text("old")
    refused(capsysbinary, "keys", "--output", str(tmp_path / name))
    assert there.read_text() == "old"


def test_key_file_may_hold_previous_keys(tmp_path: Path) -> None:
    path = tmp_path / "keys"
    path.write_bytes(b"first-key-0123456789\r\n\r\nsecond-key-0123456789\n")
    assert read_keys(str(path), tenant="ä") == make_keys(
        b"first-key-0123456789", [b"second-key-0123456789"], tenant="ä".encode()
    )


@pytest.mark.parametrize(
    "content",
    [b"", b"\n", b"short", b"with a blank 0123456789", b"\xff" * 32, b"same-key-0123456789\n" * 2, b"a" * 70_000],
)
def test_bad_key_file_is_refused_without_showing_it(
    capsysbinary: pytest.CaptureFixture[bytes], tmp_path: Path, content: bytes
) -> None:
    path = tmp_path / "keys"
    path.write_bytes(content)
    err = refused(capsysbinary, "token", token_of(), "--key-file", str(path))
    assert "--key-file" in err
    assert not content.strip() or content.strip().decode("latin-1") not in err


def test_key_is_never_printed_when_it_stands_in_the_wrong_place(capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    for arguments in (["--key-file", KEY], [KEY], [f"--key={KEY}"]):
        assert KEY not in refused(capsysbinary, "token", token_of(), *arguments)
    code, out, err = run(capsysbinary, "token", KEY)
    assert (code, err) == (1, "")
    assert KEY.encode() not in out


def test_short_key_in_the_environment_is_refused(
    capsysbinary: pytest.CaptureFixture[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LMTRACK_KEY", "hunter2")
    err = refused(capsysbinary, "token", token_of())
    assert "LMTRACK_KEY" in err
    assert "hunter2" not in err


@pytest.mark.parametrize(
    "around", ["{}", "https://track.example/o/{}", "/t/o/{}.gif?x=/y#z", " https://a.test/o/{}/ \n"]
)
def test_token_is_found_in_what_surrounds_it(capsysbinary: pytest.CaptureFixture[bytes], around: str) -> None:
    code, out, _ = run(capsysbinary, "token", around.format(token_of()), "--json")
    said = json.loads(out)
    assert (code, said["purpose"], said["mode"], said["issued_at"]) == (0, "open", "individual", "2026-01-01T12:00:00Z")
    assert said["signature"].startswith("not checked")
    assert "message_id" not in said


def test_token_from_standard_input(
    capsysbinary: pytest.CaptureFixture[bytes], stdin: Callable[[bytes], None], key_file: str
) -> None:
    stdin(f"https://track.example/o/{token_of()}\n".encode())
    code, out, _ = run(capsysbinary, "token", "-", "--key-file", key_file, "--now", NOW)
    assert code == 0
    assert out.decode().splitlines()[-3:] == ["message_id  welcome-42", "recipient   0", "signature   valid"]


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        ("click", {"recipient": 1, "link_index": 3, "destination": "https://shop.example/ü"}),
        ("by_id", {"recipient": 0, "link_index": 3, "destination": "by id"}),
        ("withdraw", {"recipient": 0, "purpose": "withdraw"}),
    ],
)
def test_token_with_a_key_shows_what_was_signed(
    capsysbinary: pytest.CaptureFixture[bytes], key_file: str, kind: str, said: dict[str, object]
) -> None:
    arguments = ["token", token_of(kind=kind), "--key-file", key_file, "--now", NOW, "--json"]
    code, out, _ = run(capsysbinary, *arguments)
    assert code == 0
    assert json.loads(out).items() >= {"message_id": "welcome-42", "signature": "valid", **said}.items()


def test_expired_token_is_refused_and_still_shown(capsysbinary: pytest.CaptureFixture[bytes], key_file: str) -> None:
    arguments = ["token", token_of(), "--key-file", key_file, "--max-age-days", "1", "--now", "2026-02-01T00:00:00Z"]
    code, out, _ = run(capsysbinary, *arguments, "--json")
    said = json.loads(out)
    assert (code, said["signature"], said["problem"], said["message_id"]) == (1, "valid", "expired", "welcome-42")


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (lambda token: token[:-1] + ("A" if token[-1] != "A" else "B"), ("bad_signature", "malformed")),
        (lambda _token: "not a token", ("malformed",)),
        (lambda _token: "\udcff", ("malformed",)),
        (lambda _token: make_open_token(make_keys(b"another-key-0123456789"), "x"), ("unknown_key", "bad_signature")),
    ],
)
def test_forged_token_is_refused(
    capsysbinary: pytest.CaptureFixture[bytes],
    key_file: str,
    change: Callable[[str], str],
    problem: tuple[str, ...],
) -> None:
    code, out, err = run(capsysbinary, "token", change(token_of()), "--key-file", key_file, "--json")
    assert (code, err) == (1, "")
    assert json.loads(out)["problem"] in problem


@pytest.mark.parametrize("kind", ["open", "click", "by_id", "withdraw"])
def test_copy_of_a_mail_scanner_is_told_by_its_key_only(
    capsysbinary: pytest.CaptureFixture[bytes], key_file: str, kind: str
) -> None:
    copy = codecs.encode(token_of(kind=kind), "rot13")
    code, out, _ = run(capsysbinary, "token", copy, "--key-file", key_file, "--json")
    said = json.loads(out)
    assert (code, said["signature"], list(said)[-1]) == (1, "refused", "scanner")
    assert "issued_at" not in said
    assert b"scanner" not in run(capsysbinary, "token", copy, "--json")[1]


def test_text_that_is_no_token_is_refused_with_a_key_and_not_checked_without(
    capsysbinary: pytest.CaptureFixture[bytes], key_file: str
) -> None:
    for arguments, signature in (([], "not checked"), (["--key-file", key_file], "refused")):
        code, out, _ = run(capsysbinary, "token", "no", *arguments, "--json")
        assert code == 1
        assert json.loads(out) == {"signature": signature, "problem": "malformed", "text": "the text is not a token"}


@pytest.mark.parametrize("days", ["-1", "1.5", "x", "²", "999999999", "9999999999"])
def test_age_must_be_a_sane_number_of_days(capsysbinary: pytest.CaptureFixture[bytes], days: str) -> None:
    refused(capsysbinary, "token", token_of(), f"--max-age-days={days}")


@pytest.mark.parametrize("moment", ["yesterday", "2026-01-01", "2026-01-01T00:00:00", ""])
def test_time_needs_a_zone(capsysbinary: pytest.CaptureFixture[bytes], moment: str) -> None:
    assert "zone" in refused(capsysbinary, "token", token_of(), "--now", moment)


@pytest.mark.parametrize(
    "arguments",
    [["track"], ["audit"], ["inspect"], ["lint-unsubscribe"], ["classify"], ["keys", "-o"]],
    ids=" ".join,
)
@pytest.mark.parametrize(
    "key",
    ["kZ9-abcdefghijklmnopqrstuvwxyz0123456789_BCDE", "0123456789abcdef0123456789abcdef", "n0/such/folder+of/AAAA=="],
)
def test_a_key_in_the_place_of_a_file_is_not_shown(
    capsysbinary: pytest.CaptureFixture[bytes], arguments: list[str], key: str
) -> None:
    if arguments[0] == "keys":
        key = f"no-folder/{key}"
    _, out, err = run(capsysbinary, *arguments, key)
    assert key not in err
    assert key.encode() not in out
    assert "FILE (not shown: it could be a key)" in err


def test_a_file_of_that_name_is_named(capsysbinary: pytest.CaptureFixture[bytes], tmp_path: Path) -> None:
    (tmp_path / "newsletter-of-november-2026").write_bytes(b"")
    path = str(tmp_path / "newsletter-of-november-2026")
    assert path in refused(capsysbinary, "audit", path)
