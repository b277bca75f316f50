"""`lmtrack classify`: one request, JSON lines, access logs, and lines that are none of these."""

from __future__ import annotations

import gzip
import io
import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import example, given, strategies as st

from cli_runs import EXAMPLES, refused, run, run_on
from lmtrack._cli.logs import LONGEST_LINE, Bar, LogLines, Request, kind_of, open_lines, read_combined, read_json
from lmtrack._cli.output import CommandError
from lmtrack.cli import main

if TYPE_CHECKING:
    from collections.abc import Callable

LOG = EXAMPLES / "access.log"
IP = "198.51.100.7"
LINE = f'{IP} - - [02/Nov/2026:09:00:00 +0000] "GET /c/x HTTP/1.1" 302 0 "-" "curl/8"'


@pytest.fixture
def write_log(tmp_path: Path) -> Callable[..., str]:
    def to(*lines: str, name: str = "log") -> str:
        (tmp_path / name).write_bytes("".join(f"{line}\n" for line in lines).encode("utf-8", "surrogatepass"))
        return str(tmp_path / name)

    return to


def combined(line: str) -> Request:
    request = read_combined(line, None)
    assert isinstance(request, Request)
    return request


def said(**members: object) -> Request | str:
    return read_json(json.dumps({"kind": "open", **members}), None)


class _Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


# One request


def test_one_agent_is_explained(capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    code, out, err = run(capsysbinary, "classify", "--user-agent", "curl/8.4.0", "--kind", "click", "--delay", "1.5")
    assert (code, err) == (0, "")
    assert out.decode().splitlines() == [
        "kind      click",
        "actor     http_client",
        "human     no",
        "evidence  3                strong",
        "reason    ua.http_library  an HTTP library or a command",
        "reason    time.lt_2s       a click less than 2 seconds after delivery",
        "counts    no               as an open or a click by a person",
    ]


def test_one_agent_as_json(capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    code, out, _ = run(capsysbinary, "classify", "--user-agent", "Mozilla/5.0", "--json")
    assert code == 0
    assert json.loads(out).items() >= {"kind": "open", "actor": "apple_mpp", "human": "unknowable"}.items()


def test_all_that_is_known_of_one_request_counts_and_its_address_is_not_printed(
    capsysbinary: pytest.CaptureFixture[bytes],
) -> None:
    agent = "Mozilla/5.0 (X11; Linux x86_64; rv:131.0) Gecko/20100101 Firefox/131.0"
    one = ["classify", "--user-agent", agent, "--kind", "click"]
    more = [
        "--ip",
        "40.92.0.1",
        "--method",
        "HEAD",
        "--header",
        "Sec-Purpose: prefetch",
        "--header",
        "Accept-Language:en",
    ]
    _, out, _ = run(capsysbinary, *one, *more)
    assert {"net.scanner", "method.head", "hdr.prefetch"} <= set(out.decode().split())
    assert b"hdr.no_accept_language" not in out
    assert b"vendor    Microsoft" in out
    assert b"40.92.0.1" not in out
    assert b"hdr.no_accept_language" in run(capsysbinary, *one, "--header", "Host: x")[1]


@pytest.mark.parametrize(
    "case",
    [
        ([], "pass either"),
        (["--user-agent", "x", "log"], "pass either"),
        (["--user-agent", "x", "--summary"], "--summary: for a log only"),
        (["--user-agent", "x", "--format", "json"], "--format: for a log only"),
        (["log", "--ip", IP], "--ip: belongs to --user-agent"),
        (["log", "--delay", "0"], "--delay: belongs to --user-agent"),
        (["log", "--header", "A: b"], "--header: belongs to --user-agent"),
        (["log", "--method", "GET"], "--method: belongs to --user-agent"),
        (["--user-agent", "x", "--header", "A"], "--header: pass a name"),
        (["--user-agent", "x", "--header", ": b"], "--header: pass a name"),
        (["--user-agent", "x", "--header", "A: b\nC: d"], "--header: pass one whole line"),
        (["--user-agent", "x", "--ip", "198.51.100.999"], "--ip: not an IP address"),
        (["--user-agent", "x", "--ip", ""], "--ip: not an IP address"),
        (["--user-agent", "x", "--delay", "-1"], "--delay"),
        (["--user-agent", "x", "--delay", "1e9"], "--delay"),
        (["--user-agent", "x", "--kind", "view"], "--kind"),
        (["--user-agent", "x", "--tag", "lab"], "belong together"),
        (["--user-agent", "x", "--networks", "log"], "belong together"),
        (["no-such-log"], "no such file"),
        (["."], "directory"),
        (["a\0b"], "not a usable path"),
        ([""], "must not be empty"),
    ],
)
def test_arguments_that_make_no_sense_are_refused(
    capsysbinary: pytest.CaptureFixture[bytes],
    monkeypatch: pytest.MonkeyPatch,
    write_log: Callable[..., str],
    case: tuple[list[str], str],
) -> None:
    arguments, problem = case
    monkeypatch.chdir(Path(write_log(LINE)).parent)
    assert problem in refused(capsysbinary, "classify", *arguments)


# Networks


def test_own_networks_count_beside_those_that_are_shipped(
    capsysbinary: pytest.CaptureFixture[bytes], write_log: Callable[..., str]
) -> None:
    lab, farm = write_log("198.51.100.0/24", name="lab"), write_log("203.0.113.0/24", name="farm")
    lists = ["--networks", lab, "--tag", "lab", "--networks", farm, "--tag", "farm"]
    one = ["classify", "--user-agent", "Mozilla/5.0 (X11; Linux x86_64; rv:131.0) Gecko/20100101 Firefox/131.0"]
    for ip in (IP, "203.0.113.1"):
        assert b"net.listed" in run(capsysbinary, *one, "--ip", ip, *lists)[1]
    assert b"net.listed" not in run(capsysbinary, *one, "--ip", IP)[1]
    assert b"net.scanner" in run(capsysbinary, *one, "--ip", "40.92.0.1", *lists)[1]


@pytest.mark.parametrize(("entry", "tag", "problem"), [("x", "lab", "line 1: expected"), (IP, "Lab", "tag must be")])
def test_bad_list_of_networks_is_refused(
    capsysbinary: pytest.CaptureFixture[bytes], write_log: Callable[..., str], entry: str, tag: str, problem: str
) -> None:
    lists = ["--networks", write_log(entry), "--tag", tag]
    assert problem in refused(capsysbinary, "classify", "--user-agent", "x", *lists)


# Logs


def test_requests_of_a_log_are_told_one_by_one_and_in_sum(capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    code, out, err = run(capsysbinary, "classify", str(LOG))
    assert (code, err) == (0, "")
    each, summary, people, left = out.decode().split("\n\n")
    assert [line.split()[:4] for line in each.splitlines()[1:3]] == [
        ["1", "open", "apple_mpp", "unknowable"],
        ["2", "click", "security_scanner", "no"],
    ]
    assert summary.splitlines()[1] == "human             yes                2         28.6%"
    assert summary.splitlines()[-1].split() == ["all", "7"]
    assert people == "by people: 3"
    assert left.splitlines()[1] == "neither an open nor a click  1      5"


def test_summary_alone(capsysbinary: pytest.CaptureFixture[bytes], write_log: Callable[..., str]) -> None:
    _, out, _ = run(capsysbinary, "classify", "--summary", write_log(LINE, LINE))
    assert out.decode().splitlines() == [
        "actor        human  requests  share",
        "http_client  no     2         100.0%",
        "all                 2",
        "",
        "by people: 0",
    ]
    _, out, _ = run(capsysbinary, "classify", "--summary", "--json", write_log(LINE, "x", LINE, "y"))
    assert json.loads(out) == {
        "requests": 2,
        "of_people": 0,
        "outcomes": [{"actor": "http_client", "human": "no", "requests": 2}],
        "left_out": [{"problem": "not a line of a combined access log", "lines": 2, "first": 2}],
    }


def test_json_is_one_object_a_line_and_what_was_left_out_stands_elsewhere(
    capsysbinary: pytest.CaptureFixture[bytes], write_log: Callable[..., str]
) -> None:
    code, out, err = run(capsysbinary, "classify", "--json", write_log(LINE, "", "junk", LINE.replace("curl/8", "-")))
    one, two = map(json.loads, out.splitlines())
    assert code == 0
    assert one.items() >= {"line": 1, "kind": "click", "user_agent": "curl/8", "is_machine": True}.items()
    assert (two["line"], two["user_agent"]) == (4, None)
    assert err == "lmtrack: 1 lines left out: not a line of a combined access log (the first: 3)\n"


def test_agent_that_names_its_address_does_so_in_vain(
    capsysbinary: pytest.CaptureFixture[bytes], write_log: Callable[..., str]
) -> None:
    path = write_log(LINE.replace("curl/8", f"curl/8 for {IP}"))
    for options in ([], ["--json"]):
        out = run(capsysbinary, "classify", path, *options)[1]
        assert b"curl/8 for <address>" in out
        assert IP.encode() not in out


def test_kind_may_be_told(capsysbinary: pytest.CaptureFixture[bytes], write_log: Callable[..., str]) -> None:
    path = write_log(LINE.replace("/c/x", "/letters/pixel.gif?x"))
    assert "neither an open nor a click (line 1)" in refused(capsysbinary, "classify", path)
    assert run(capsysbinary, "classify", path, "--kind", "open", "--json")[0] == 0


def test_log_may_come_from_standard_input(
    capsysbinary: pytest.CaptureFixture[bytes], stdin: Callable[[bytes], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    stdin(LOG.read_bytes())
    assert b"by people: 3" in run(capsysbinary, "classify", "-")[1]
    monkeypatch.setattr(sys, "stdin", None)
    assert refused(capsysbinary, "classify", "-") == "lmtrack: error: standard input: closed\n"


def test_format_may_be_told(capsysbinary: pytest.CaptureFixture[bytes], write_log: Callable[..., str]) -> None:
    record = json.dumps({"kind": "open", "user_agent": "x"})
    path = write_log("\ufeff" + record, LINE)
    for options, read in (([], [1, 2]), (["--format", "json"], [1]), (["--format", "combined"], [2])):
        out = run(capsysbinary, "classify", path, "--json", *options)[1]
        assert [json.loads(row)["line"] for row in out.splitlines()] == read


@pytest.mark.parametrize("content", [b"", b"\n\r\n \n"])
def test_empty_log_is_refused(
    capsysbinary: pytest.CaptureFixture[bytes], stdin: Callable[[bytes], None], content: bytes
) -> None:
    stdin(content)
    assert "no request in it: empty" in refused(capsysbinary, "classify", "-")


def test_packed_log_is_refused(capsysbinary: pytest.CaptureFixture[bytes], stdin: Callable[[bytes], None]) -> None:
    stdin(gzip.compress(LOG.read_bytes()))
    assert "packed with gzip; unpack it first" in refused(capsysbinary, "classify", "-")


def test_reader_of_a_log_that_went_away_is_no_error(
    monkeypatch: pytest.MonkeyPatch, write_log: Callable[..., str]
) -> None:
    path = write_log(*[LINE] * 500)
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "w") as gone:
        monkeypatch.setattr(sys, "stdout", gone)
        assert main(["classify", path]) == 141


@given(st.lists(st.one_of(st.binary(), st.sampled_from([LINE.encode(), b"{}", b"[[", b'{"kind":"open"}', b"\x1b[2J"]))))
@example([b'{"kind": "open", "user_agent": "\\ud800\\u001b"}'])
@example([b"{" * 100_000])
def test_no_line_stops_it_or_steers_the_terminal(lines: list[bytes]) -> None:
    code, out, said = run_on(b"\n".join(lines), "classify", "-")
    text = out.decode()
    assert code == (0 if text else 2)
    assert all(char.isprintable() or char == "\n" for char in text + said)
    assert IP not in text + said


# Lines of a combined log


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (LINE, Request("click", "curl/8", IP)),
        (LINE + ' "-" 0.003', Request("click", "curl/8", IP)),
        ("track.example:443 " + LINE, Request("click", "curl/8", IP)),
        (LINE.replace(IP, "2001:db8::1"), Request("click", "curl/8", "2001:db8::1")),
        (LINE.replace(IP, "host.example"), Request("click", "curl/8")),
        (LINE.replace("- - [", '- "Ann B." ['), Request("click", "curl/8", IP)),
        (
            LINE.replace("GET /c/x HTTP/1.1", "HEAD https://t.example/b/o/x.gif?y/c/z"),
            Request("open", "curl/8", IP, method="HEAD"),
        ),
        (LINE.replace(" 0 ", " - "), Request("click", "curl/8", IP)),
        (LINE.replace("curl/8", "-"), Request("click", None, IP)),
        (LINE.replace("curl/8", ""), Request("click", "", IP)),
        (LINE.replace("curl/8", r"a \"b\" \\ \xc3\xa4\t\x"), Request("click", 'a "b" \\ ä\tx', IP)),
        (LINE.replace("curl/8", r"\xff"), Request("click", "\ufffd", IP)),
    ],
)
def test_line_of_a_combined_log_is_read(line: str, expected: Request) -> None:
    assert combined(line) == expected


def escaped(text: str) -> str:
    """Write a text as Apache does (ap_escape_logitem): quotes, backslashes, and bytes that are no printable ASCII."""
    return "".join(
        "\\" + chr(octet) if chr(octet) in '"\\' else chr(octet) if 0x20 <= octet < 0x7F else f"\\x{octet:02x}"
        for octet in text.encode()
    )


@given(st.text(st.characters(exclude_categories=["Cs"])))
@example('\\x41" "\n')
def test_agent_is_what_the_server_was_sent(agent: str) -> None:
    line = LINE.replace("curl/8", escaped(agent))
    assert combined(line) == Request("click", None if agent == "-" else agent, IP)


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("", "not a line of a combined access log"),
        (LINE[:-1], "a line of a common log, which has no user agent"),
        (LINE.partition(' "-"')[0], "a line of a common log, which has no user agent"),
        (LINE.replace("GET /c/x HTTP/1.1", "-"), "not an HTTP request"),
        (LINE.replace("GET /c/x HTTP/1.1", r"\x16\x03\x01"), "not an HTTP request"),
        (LINE.replace("/c/x", "/w/x"), "neither an open nor a click"),
        (LINE.replace("302", "abc"), "not a line of a combined access log"),
    ],
)
def test_line_that_is_none_says_why(line: str, problem: str) -> None:
    assert read_combined(line, None) == problem


@pytest.mark.parametrize(
    ("target", "kind"),
    [
        ("/o/x", "open"),
        ("/c/x/", "click"),
        ("https://t.example/base/c/x#y", "click"),
        ("/o/x.gif?a=/c/b", "open"),
        ("o/x", None),
        ("/x", None),
        ("", None),
        ("/c/x/y", None),
        ("/O/x", None),
    ],
)
def test_url_tells_the_kind(target: str, kind: str | None) -> None:
    assert kind_of(target) == kind


# JSON lines

NO_NUMBER = "asn is not a whole number, or honeypot is not true or false"


def test_object_with_all_members_is_read() -> None:
    request = said(
        kind="click", user_agent="x", ip=IP, asn=22843, method="HEAD", headers={"A": "b"}, delay=1.5, honeypot=True
    )
    assert isinstance(request, Request)
    assert request[:4] == ("click", "x", IP, 22843)
    assert (request.method, request.headers, request.honeypot) == ("HEAD", {"A": "b"}, True)
    assert request.delay is not None
    assert request.delay.total_seconds() == 1.5


def test_names_of_nginx_are_read() -> None:
    line = json.dumps({"http_user_agent": "x", "remote_addr": IP, "request_method": "HEAD", "request_uri": "/c/x"})
    assert read_json(line, None) == Request("click", "x", IP, method="HEAD")


def test_agent_may_stand_among_the_headers() -> None:
    for headers, agent, kept in (
        ({"user-AGENT": "x"}, "x", {"user-AGENT": "x"}),
        ({"User-Agent": ["x", "y"], "Accept-Language": ["de"]}, "x", {"User-Agent": "x", "Accept-Language": "de"}),
        ({"User-Agent": 1, "A": []}, None, {}),
        ({"A": "b"}, None, {"A": "b"}),
    ):
        assert said(headers=headers) == Request("open", agent, headers=kept)
    assert said(user_agent="y", headers={"User-Agent": "x"}) == Request("open", "y", headers={"User-Agent": "x"})


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("{", "not JSON"),
        ('{"a": ' * 20_000, "not JSON"),
        ("[" * 101 + "]" * 101, "not JSON"),
        ("[" * 100 + "]" * 100, "JSON, but not an object"),
        ("[" + "[]," * 200 + r'"\"' + "[" * 200 + '"]', "JSON, but not an object"),  # beside each other, or text
        ("1" * 5000, "not JSON"),
        ("[]", "JSON, but not an object"),
        ("{}", "neither an open nor a click"),
        ('{"path": "/w/x"}', "neither an open nor a click"),
        ('{"kind": "view"}', "kind is neither open nor click"),
        ('{"kind": []}', "kind is neither open nor click"),
        ('{"kind": "open", "user_agent": 1}', "user_agent is not text"),
        ('{"kind": "open", "remote_addr": 1}', "ip is not text"),
        ('{"kind": "open", "headers": []}', "headers is not an object"),
        (
            '{"kind": "open", "ua": 1, "user_agent": null, "asn": "1"}',
            "asn is not a whole number, or honeypot is not true or false",
        ),
        (
            '{"kind": "open", "ua": 1, "user_agent": null, "asn": true}',
            "asn is not a whole number, or honeypot is not true or false",
        ),
        (
            '{"kind": "open", "ua": 1, "user_agent": null, "honeypot": 1}',
            "asn is not a whole number, or honeypot is not true or false",
        ),
        ('{"kind": "open", "ua": 1, "user_agent": null, "delay": "1"}', "delay is not a number of seconds"),
        ('{"kind": "open", "ua": 1, "user_agent": null, "delay": true}', "delay is not a number of seconds"),
        ('{"kind": "open", "ua": 1, "user_agent": null, "delay": NaN}', "delay is not a number of seconds"),
        ('{"kind": "open", "ua": 1, "user_agent": null, "delay": 1e300}', "delay is not a number of seconds"),
    ],
)
def test_object_that_is_no_request_says_why(line: str, problem: str) -> None:
    assert read_json(line, None) == problem


# Lines and the bar


def test_line_that_is_too_long_is_left_out_and_not_held() -> None:
    long = b"x" * (3 * LONGEST_LINE)
    lines = LogLines(io.BytesIO(b"a\r\n" + long + b"\nb\n" + b"y" * LONGEST_LINE + b"\n" + long), "x", None)
    assert list(lines) == [b"a", None, b"b", b"y" * LONGEST_LINE, None]
    assert lines.octets == 3 + 7 * LONGEST_LINE + 4


def test_long_line_is_counted(capsysbinary: pytest.CaptureFixture[bytes], stdin: Callable[[bytes], None]) -> None:
    stdin(LINE.encode() + b"\n" + b"x" * (LONGEST_LINE + 1))
    assert b"too long  1      2" in run(capsysbinary, "classify", "-")[1]


def test_input_that_breaks_off_is_refused() -> None:
    class Broken(io.BytesIO):
        def readline(self, _size: int | None = -1, /) -> bytes:
            raise OSError(5, "Input/output error")

    with pytest.raises(CommandError, match="x: input/output error"):
        list(LogLines(Broken(), "x", None))
    with open_lines(os.devnull) as lines:
        assert (list(lines), lines.size) == ([], None)


def test_bar_shows_how_far_a_long_log_is_on_a_terminal(
    capsysbinary: pytest.CaptureFixture[bytes], monkeypatch: pytest.MonkeyPatch, write_log: Callable[..., str]
) -> None:
    terminal = _Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    path = write_log(*[LINE] * 10_000)
    assert main(["classify", "--summary", path]) == 0
    shown = terminal.getvalue().split("\r")
    assert shown[1:3] == [
        "[###############...............]  50%  5,000 lines",
        "[##############################] 100%  10,000 lines",
    ]
    assert shown[3].isspace()
    assert capsysbinary.readouterr().out.startswith(b"actor")


def test_bar_goes_when_the_log_is_interrupted(monkeypatch: pytest.MonkeyPatch) -> None:
    class Interrupted(io.BytesIO):
        def readline(self, _size: int | None = -1, /) -> bytes:
            if self.tell() == 5_000:
                raise KeyboardInterrupt
            return super().readline() and b"x\n"

    terminal = _Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(Interrupted(b"\n" * 6_000)))
    assert main(["classify", "-"]) == 130
    assert terminal.getvalue() == "\r5,000 lines\r           \r"


def test_bar_without_a_size_counts_lines() -> None:
    terminal = _Terminal()
    bar = Bar(LogLines(io.BytesIO(), "x", None), terminal)
    bar.show(4_999)
    assert not terminal.getvalue()
    bar.show(5_000)
    bar.clear()
    bar.clear()
    assert terminal.getvalue() == "\r5,000 lines\r           \r"


def test_nothing_is_shown_elsewhere_nor_beside_rows_on_the_same_terminal(
    monkeypatch: pytest.MonkeyPatch, write_log: Callable[..., str]
) -> None:
    stream = io.StringIO()
    for to in (stream, None):
        Bar(LogLines(io.BytesIO(), "x", None), to).show(5_000)
    assert not stream.getvalue()
    terminal, output = _Terminal(), _Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    monkeypatch.setattr(sys, "stdout", output)
    assert main(["classify", write_log(*[LINE] * 5_000)]) == 0
    assert not terminal.getvalue()
    assert output.getvalue().count("\n") > 5_000
