from __future__ import annotations

import json
import re
import stat
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import example, given, strategies as st

from cli_pages import BINARY_CONTROLS, HTML
from cli_runs import BOTH, FIXED, KEY, NOW, refused, run, run_on
from lmtrack._cli.arguments import read_time
from lmtrack._cli.files import read_input
from lmtrack._cli.output import CommandError
from lmtrack.resolver import Decision
from lmtrack.tokens import make_keys, read_open_token

if TYPE_CHECKING:
    from collections.abc import Callable


def test_track_writes_the_tracked_file_to_standard_output(
    capsysbinary: pytest.CaptureFixture[bytes], html_file: str, key_file: str
) -> None:
    code, out, err = run(capsysbinary, "track", html_file, *BOTH, *FIXED, "--key-file", key_file)
    assert code == 0
    opened = re.search(rb'<img src="https://track\.example/o/([A-Za-z0-9_-]+)"[^>]*>', out)
    assert opened
    clean = re.sub(
        rb'href="https://track\.example/c/[A-Za-z0-9_-]+"', b'href="https://shop.example/a?x=1&amp;y=2"', out
    )
    assert clean.replace(opened[0], b"") == HTML
    moment = read_time(NOW)
    assert read_open_token(make_keys(KEY.encode()), opened[1].decode(), now=moment).message_id == "welcome-42"
    assert err.splitlines() == [
        "link  element  destination                     outcome",
        "0     a        https://shop.example/a?x=1&y=2  tracked",
        "-     a        mailto:a@b.test                 skipped: scheme (not a web address)",
        "",
        "pixel: line 3, column 35",
        "",
        "opens   individual  the route says so",
        "clicks  individual  the route says so",
    ]


def test_track_does_nothing_unless_told_to(capsysbinary: pytest.CaptureFixture[bytes], html_file: str) -> None:
    code, out, err = run(capsysbinary, "track", html_file)
    assert (code, out) == (0, HTML)
    assert "  tracked" not in err
    assert "pixel: none" in err
    assert "nothing to track" in err
    assert "signed" not in err


def test_track_says_what_it_made_for_this_run(capsysbinary: pytest.CaptureFixture[bytes], html_file: str) -> None:
    _, out, err = run(capsysbinary, "track", html_file, *BOTH)
    assert "key made for this run" in err
    assert re.search(r"no --message-id: this run's is [0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\n", err)
    assert out.count(b"https://track.example/") == 2


def test_track_reports_json_on_standard_output_if_the_file_goes_elsewhere(
    capsysbinary: pytest.CaptureFixture[bytes], html_file: str, tmp_path: Path
) -> None:
    to = tmp_path / "out.html"
    code, out, err = run(capsysbinary, "track", html_file, *BOTH, *FIXED, "-o", str(to), "--json")
    report = json.loads(out)
    assert (code, err) == (0, "")
    assert report["links"] == [
        {
            "index": 0,
            "url": "https://shop.example/a?x=1&y=2",
            "element": "a",
            "conditional": False,
            "personal": False,
            "label": None,
            "text": "Shop",
        }
    ]
    assert [link["reason"] for link in report["skipped"]] == ["scheme"]
    assert to.read_bytes().decode()[report["pixel_offset"] :].startswith("<img ")
    assert Decision.from_dict(report["decision"]).track_opens
    assert "key made for this run" in report["notes"][0]


def test_track_reports_json_on_standard_error_beside_the_file(
    capsysbinary: pytest.CaptureFixture[bytes], html_file: str
) -> None:
    _, out, err = run(capsysbinary, "track", html_file, "--json")
    assert out == HTML
    assert json.loads(err)["pixel_offset"] is None


def test_track_from_standard_input(capsysbinary: pytest.CaptureFixture[bytes], stdin: Callable[[bytes], None]) -> None:
    stdin(HTML)
    assert run(capsysbinary, "track", "-")[:2] == (0, HTML)


def test_track_may_replace_its_own_input(capsysbinary: pytest.CaptureFixture[bytes], html_file: str) -> None:
    Path(html_file).chmod(0o640)
    assert run(capsysbinary, "track", html_file, *BOTH, "-o", html_file)[0] == 0
    assert b"https://track.example/c/" in Path(html_file).read_bytes()
    assert stat.S_IMODE(Path(html_file).stat().st_mode) == 0o640
    assert [path.name for path in Path(html_file).parent.iterdir()] == ["mail.html"]


def test_aggregate_mode_needs_a_campaign(capsysbinary: pytest.CaptureFixture[bytes], html_file: str) -> None:
    route = ["--track-opens", "--track-clicks", "--consent", "denied", "--after-refusal", "aggregate"]
    _, out, err = run(capsysbinary, "track", html_file, *route)
    assert out == HTML
    assert "consent_denied, aggregate_without_campaign" in err
    campaign = [
        "--campaign",
        "spring",
        "--campaign-start",
        "2026-01-01T00:00:00Z",
        "--base-url",
        "https://t.example/x/",
    ]
    _, out, _ = run(capsysbinary, "track", html_file, *route, *campaign, "--message-id", "a")
    assert b"/c/" not in out  # a link of nobody knows which template might name the recipient
    campaign += ["--campaign-template", html_file]
    outputs = {run(capsysbinary, "track", html_file, *route, *campaign, "--message-id", one)[1] for one in "ab"}
    assert all(b"https://t.example/x/c/" in out for out in outputs)


def test_link_options_reach_the_policy(capsysbinary: pytest.CaptureFixture[bytes], tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    urls = [
        "https://a.test/1",
        "https://b.test/unsubscribe",
        "https://c.test/?token=1",
        "https://d.test/long",
        "https://e.test/",
    ]
    page.write_text("".join(f'<a data-pm-no-track-x href="{url}">x</a>' for url in urls))
    options = ["--skip-url", urls[0], "--track-unsubscribe", "--track-sensitive", "--tracking-host", "d.test"]
    options += ["--skip-host", "f.test", "--preference-url", "https://g.test/mail", "--opt-out-attribute", "keep"]
    options += ["--no-track-conditional", "--skip-url-text", "--strip-opt-out", "all", "--max-url-octets", "30"]
    options += ["--destinations", "by_id", "--pixel-position", "start", "--recipient", "7"]
    _, _, err = run(capsysbinary, "track", str(page), *BOTH, *options, "--json")
    err = err[err.index("{") :]
    assert [link["url"] for link in json.loads(err)["links"]] == [urls[1], urls[2], urls[4]]
    assert [link["reason"] for link in json.loads(err)["skipped"]] == ["listed", "tracked"]


@pytest.mark.parametrize(
    "arguments",
    [
        ["--base-url", "http://track.example"],
        ["--base-url", "https://track.example/?a=b"],
        ["--base-url", "track.example"],
        ["--message-id", "bob@example.test"],
        ["--message-id", ""],
        ["--recipient", "-1"],
        ["--recipient", "65536"],
        ["--campaign", "spring"],
        ["--campaign-start", NOW],
        ["--campaign-template", "template.html"],
        ["--campaign", "bob@example.test", "--campaign-start", NOW],
        ["--max-url-octets", "0"],
        ["--max-url-octets", "5000"],
        ["--pixel-position", "middle"],
        ["--track-conditional", "--no-track-conditional"],
        ["--message-id", "a", "--message-id", "b"],
        ["-o", "no/such/folder/x.html"],
        ["-o", "."],
        ["-o", "a\0b"],
        ["-o", ""],
        ["--key-file", ""],
    ],
)
def test_track_refuses_bad_options_and_writes_nothing(
    capsysbinary: pytest.CaptureFixture[bytes],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    html_file: str,
    arguments: list[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    output = [] if "-o" in arguments else ["-o", "out.html"]
    assert "bob@" not in refused(capsysbinary, "track", html_file, *BOTH, *arguments, *output)
    assert [path.name for path in tmp_path.iterdir()] == ["mail.html"]


@pytest.mark.parametrize(
    ("name", "content", "problem"),
    [
        ("missing.html", None, "no such file"),
        ("empty.html", b"", "empty"),
        ("picture.html", b"\x89PNG\r\n\x1a\n\0\0\0\r", "binary"),
        ("signature.html", b"\x89PNG\r\n\x1a\n<p>", "binary"),
        ("packed.html", b"\x1f\x8b<p>", "binary"),
        ("photo.html", b"\xff\xd8\xff\xe1", "binary"),
        ("octets.html", b"\xc3\x28\xa0\xa1", "binary"),
        ("paper.html", b"%PDF-1.7\n<< >>", "binary"),
        ("wide.html", "\ufeff<p>".encode("utf-16"), "binary"),
        ("no\x1b[2Jsuch", None, r"\x1b[2j"),
    ],
)
def test_track_refuses_bad_input_and_writes_nothing(
    capsysbinary: pytest.CaptureFixture[bytes], tmp_path: Path, name: str, content: bytes | None, problem: str
) -> None:
    if content is not None:
        (tmp_path / name).write_bytes(content)
    err = refused(capsysbinary, "track", str(tmp_path / name), "-o", str(tmp_path / "out.html"))
    assert problem in err.lower()
    assert not (tmp_path / "out.html").exists()


def test_track_refuses_a_folder(capsysbinary: pytest.CaptureFixture[bytes], tmp_path: Path) -> None:
    assert "directory" in refused(capsysbinary, "track", str(tmp_path))


def test_input_over_the_limit_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "big"
    path.write_bytes(b"x" * 11)
    assert read_input(str(path), limit_octets=11) == b"x" * 11
    with pytest.raises(CommandError, match="more than 10 bytes"):
        read_input(str(path), limit_octets=10)


def test_file_over_64_mib_is_refused(capsysbinary: pytest.CaptureFixture[bytes], tmp_path: Path) -> None:
    path = tmp_path / "big.html"
    with path.open("wb") as file:
        file.truncate(64 * 1024 * 1024 + 1)
    assert "67,108,864 bytes" in refused(capsysbinary, "track", str(path))


def test_ten_megabytes_are_tracked(capsysbinary: pytest.CaptureFixture[bytes], tmp_path: Path) -> None:
    path, to = tmp_path / "big.html", tmp_path / "out.html"
    path.write_bytes(b"<p>" + b"x" * 10_000_000 + HTML)
    assert run(capsysbinary, "track", str(path), *BOTH, "-o", str(to))[0] == 0
    assert to.read_bytes().count(b"https://track.example/") == 2


@pytest.mark.parametrize("start", [b"\xef\xbb\xbf", b"\xe4\xff ", "ü€".encode(), b""])
@pytest.mark.parametrize("end", [b"\r\n", b"\n", b"\r", b""])
def test_every_other_octet_is_kept(
    capsysbinary: pytest.CaptureFixture[bytes], stdin: Callable[[bytes], None], start: bytes, end: bytes
) -> None:
    page = start + b"<p>" + end + b'<a href="https://shop.example/">x</a>' + end
    stdin(page)
    _, out, _ = run(capsysbinary, "track", "-", "--track-clicks", "--consent", "granted")
    assert re.sub(rb"https://track\.example/c/[A-Za-z0-9_-]+", b"https://shop.example/", out) == page


def test_links_in_an_unknown_encoding_are_left_alone(
    capsysbinary: pytest.CaptureFixture[bytes], stdin: Callable[[bytes], None]
) -> None:
    page = b'<a href="https://shop.example/\xe4">x</a><a href="https://shop.example/">\xe4</a>'
    stdin(page)
    _, out, err = run(capsysbinary, "track", "-", *BOTH)
    assert b'href="https://shop.example/\xe4"' in out
    assert b'href="https://shop.example/"' not in out
    assert "not UTF-8" in err


@pytest.mark.parametrize("octet", range(0x20))
def test_control_character_is_binary_unless_it_stands_in_pages(
    capsysbinary: pytest.CaptureFixture[bytes], stdin: Callable[[bytes], None], octet: int
) -> None:
    page = b"<p>" + bytes([octet])
    stdin(page)
    code, out, _ = run(capsysbinary, "track", "-")
    assert (code, out) == ((0, page) if octet in b"\t\n\v\f\r\x1b" else (2, b""))


def test_text_without_an_element_is_a_page_if_it_is_utf_8(
    capsysbinary: pytest.CaptureFixture[bytes], stdin: Callable[[bytes], None]
) -> None:
    stdin("ü: see %PDF-".encode())
    assert run(capsysbinary, "track", "-")[:2] == (0, "ü: see %PDF-".encode())


@given(st.binary(max_size=60).map(lambda data: b"<" + data.translate(None, BINARY_CONTROLS)))
@example(b"<\xc3")
def test_untracked_page_is_the_same_octets(data: bytes) -> None:
    assert run_on(data, "track", "-")[:2] == (0, data)
