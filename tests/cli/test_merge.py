"""`lmtrack merge`: one mail a row, or one clear line."""

from __future__ import annotations

import email
import email.policy
import gc
import io
import json
import stat
import sys
from datetime import datetime
from typing import TYPE_CHECKING, Final

import pytest

from cli_runs import EXAMPLES, KEY, NOW, refused, run
from lmtrack import TrackingDomain, make_keys, read_click_token
from lmtrack._cli.output import CommandError
from lmtrack._cli.people import Bad, People, plain_name

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

LETTER: Final = (EXAMPLES / "letter.eml").read_bytes()
PEOPLE: Final = (EXAMPLES / "people.csv").read_bytes()
SENT: Final = ("--consent-column", "consent", "--track-opens", "--track-clicks")
SMALL: Final = b"To: {{ mail }}\r\nContent-Type: text/html\r\n\r\n<p>Hi {{ name }}</p>\r\n"


@pytest.fixture(autouse=True)
def key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LMTRACK_KEY", KEY)


def merge_arguments(write: Callable[[str, bytes], str], letter: bytes, people: bytes, *options: str) -> list[str]:
    out = write("x", b"").removesuffix("x") + "outbox"
    return ["merge", write("letter.eml", letter), write("people.csv", people), "-o", out, "--now", NOW, *options]


def test_each_row_becomes_one_tracked_mail(
    capsysbinary: pytest.CaptureFixture[bytes], write: Callable[[str, bytes], str], tmp_path: Path
) -> None:
    code, out, err = run(capsysbinary, *merge_arguments(write, LETTER, PEOPLE, *SENT))
    assert (code, err) == (0, "")
    rows = dict(
        line.split(maxsplit=1) if "  " not in line else line.split("  ", 1) for line in out.decode().splitlines()
    )
    assert {name.strip(): value.strip() for name, value in rows.items()} == {
        "emails written": "3",
        "bad rows": "0",
        "opens individual": "1",
        "opens off": "2",
        "clicks individual": "1",
        "clicks off": "2",
        "delimiter": ",",
        "encoding": "utf-8",
    }
    outbox = tmp_path / "outbox"
    assert sorted(path.name for path in outbox.iterdir()) == ["000001.eml", "000002.eml", "000003.eml", "ids.jsonl"]
    assert stat.S_IMODE((outbox / "ids.jsonl").stat().st_mode) == 0o600
    kept = [json.loads(line) for line in (outbox / "ids.jsonl").read_text().splitlines()]
    assert [(one["row"], one["file"]) for one in kept] == [(2, "000001.eml"), (3, "000002.eml"), (4, "000003.eml")]
    assert kept[1]["decision"]["inputs"]["consent"]["state"] == "denied"
    domain = TrackingDomain("https://track.example", make_keys(KEY.encode()))
    for one, name in zip(kept, ("Ann", "Zoë & Row", "Bo"), strict=True):
        raw = (outbox / one["file"]).read_bytes()
        message = email.message_from_bytes(raw, policy=email.policy.default)
        assert message["Subject"] == f"{name}, your lamps this week"
        assert message["To"].addresses[0].display_name == name
        page = message.get_body(("html",))
        assert page is not None
        tokens = [piece.partition('"')[0] for piece in page.get_content().split("https://track.example/c/")[1:]]
        assert bool(tokens) == (name == "Ann")
        assert {
            read_click_token(domain.keys, token, now=datetime.fromisoformat(NOW)).message_id for token in tokens
        } <= {one["id"]}
        assert b"{{" not in raw


def test_a_maildir_has_whole_mails_in_new(
    capsysbinary: pytest.CaptureFixture[bytes], write: Callable[[str, bytes], str], tmp_path: Path
) -> None:
    assert run(capsysbinary, *merge_arguments(write, LETTER, PEOPLE, *SENT, "--format", "maildir"))[0] == 0
    outbox = tmp_path / "outbox"
    assert len(list((outbox / "new").iterdir())) == 3
    assert list((outbox / "tmp").iterdir()) == list((outbox / "cur").iterdir()) == []


PROBLEMS: Final = {
    "no column": (LETTER, b"email,name\r\na@b.example,x\r\n", SENT, "no column 'id'"),
    "two columns": (LETTER, b"email,E-Mail,name\r\n", SENT, "two columns are called 'E-Mail'"),
    "no consent column": (LETTER, b"email,name,id,city\r\n", SENT, "no column 'consent'"),
    "no consent at all": (LETTER, PEOPLE, (), "either --consent-column NAME or --consent VALUE"),
    "both": (LETTER, PEOPLE, (*SENT, "--consent", "granted"), "either --consent-column NAME or --consent VALUE"),
    "bad consent": (LETTER, PEOPLE.replace(b"denied", b"maybe"), SENT, "line 3: the consent cannot be read"),
    "address with a line end": (
        SMALL,
        b'mail,name\r\n"ann@b.example\r\nBcc: x@y.example",Ann\r\n',
        ("--consent", "unknown"),
        "line 3: the value of slot 'mail' cannot be written in an email address",
    ),
    "uneven": (
        SMALL,
        b"mail,name\r\na@b.example,A\r\nb@b.example\r\n",
        ("--consent", "unknown"),
        "line 3: it has 1 cells",
    ),
    "empty": (SMALL, b"mail,name\r\n,A\r\n", ("--consent", "unknown"), "line 2: the value of slot 'mail'"),
    "script": (
        SMALL.replace(b"<p>", b"<script>var x = '{{ name }}'</script><p>"),
        PEOPLE,
        SENT,
        "slot 'name' in line 1 is in a script",
    ),
    "no marker": (b"Subject: x\r\n\r\ny\r\n", PEOPLE, SENT, "no marker"),
    "no header": (SMALL, b"\r\n", ("--consent", "unknown"), "no column names"),
    "a name too long": (
        SMALL,
        b"mail,name," + b"x" * 1_100_000,
        ("--consent", "unknown"),
        "line 1: not CSV: field larger",
    ),
    "a name never ends": (
        SMALL,
        b'mail,"name\r\na@b.example,A\r\n',
        ("--consent", "unknown"),
        "not CSV: unexpected end",
    ),
    "no encoding": (
        SMALL,
        b"mail,name\r\na@b.example,\xe4\x81\r\n",
        ("--consent", "unknown"),
        "people.csv: neither UTF-8 nor Windows-1252",
    ),
    "half a UTF-16 header": (
        SMALL,
        "mail,name".encode("utf-16")[:-1],
        ("--consent", "unknown"),
        "people.csv: not in the encoding it begins in",
    ),
    "not csv": (SMALL, b'mail,name\r\n"a"b,c\r\n', ("--consent", "unknown"), "line 2: not CSV"),
    "value of no slot": (SMALL, PEOPLE, (*SENT, "--value", "nmae=A"), "letter.eml has no marker 'nmae'"),
    "default of no slot": (SMALL, PEOPLE, (*SENT, "--default", "nmae=A"), "letter.eml has no marker 'nmae'"),
    "pixel in no slot": (SMALL, PEOPLE, (*SENT, "--pixel-slot", "p"), "letter.eml has no marker 'p'"),
    "pixel in the header": (
        SMALL,
        b"name,consent\r\nA,yes\r\n",
        (*SENT, "--skip-bad", "--pixel-slot", "mail"),
        "letter.eml: slot 'mail' in line 1 is in the header",
    ),
    "marker": (SMALL, PEOPLE, (*SENT, "--marker", "x"), "--marker"),
    "value": (SMALL, PEOPLE, (*SENT, "--value", "x"), "--value"),
    "twice": (SMALL, PEOPLE, (*SENT, "--value", "x=1", "--value", "x=2"), "given twice"),
    "campaign": (LETTER, PEOPLE, (*SENT, "--campaign", "a"), "belong together"),
    "campaign id": (LETTER, PEOPLE, (*SENT, "--campaign", "a@b", "--campaign-start", NOW), "--campaign or"),
    "page": (b"<p>{{ name }}</p>", PEOPLE, SENT, "HTML, not a message"),
}


@pytest.mark.parametrize("name", PROBLEMS)
def test_what_cannot_be_merged_is_one_clear_line_and_no_mail(
    capsysbinary: pytest.CaptureFixture[bytes], write: Callable[[str, bytes], str], tmp_path: Path, name: str
) -> None:
    letter, people, options, problem = PROBLEMS[name]
    assert problem in refused(capsysbinary, *merge_arguments(write, letter, people, *options))
    assert not (tmp_path / "outbox").exists()


def test_bad_rows_are_left_out_and_listed_if_that_is_asked_for(
    capsysbinary: pytest.CaptureFixture[bytes], write: Callable[[str, bytes], str], tmp_path: Path
) -> None:
    people = b"mail,name\r\na@b.example,A\r\nnobody,B\r\nshort\r\n\r\nc@b.example,C\r\n" + b"x\r\n" * 25
    arguments = merge_arguments(write, SMALL, people, "--consent", "unknown", "--skip-bad")
    code, out, _ = run(capsysbinary, *arguments)
    assert code == 0
    assert b"line 3: the value of slot 'mail'" in out
    assert b"and 7 more; --json lists them all" in out
    assert len(list((tmp_path / "outbox").glob("*.eml"))) == 2
    assert "not empty" in refused(capsysbinary, *arguments)
    _, out, _ = run(capsysbinary, *[*arguments[:4], str(tmp_path / "other"), *arguments[5:], "--json"])
    report = json.loads(out)
    assert report["written"] == 2
    assert [row["line"] for row in report["bad_rows"]][:2] == [3, 4]
    assert report["delimiter"] == ","


def test_spellings_values_and_defaults(
    capsysbinary: pytest.CaptureFixture[bytes], write: Callable[[str, bytes], str], tmp_path: Path
) -> None:
    letter = b"To: *|MAIL|*\r\nContent-Type: text/html\r\n\r\n"
    letter += b"<p>*|First_Name|* *| shop |* *|city|* *|greeting|*</p>*|pixel|*\r\n"
    people = "Mail;first name;City\na@b.example;Zoë;\n".encode("cp1252")
    options = ["--marker", "*|NAME|*", "--value", "shop=Lamps & Co", "--default", "city=Gent", "--pixel-slot", "pixel"]
    options += ["--default", "greeting=Hi"]
    arguments = merge_arguments(write, letter, people, "--consent", "granted", "--track-opens", *options)
    code, out, _ = run(capsysbinary, *arguments)
    assert code == 0
    assert b"Windows-1252" in out
    mail = (tmp_path / "outbox" / "000001.eml").read_bytes()
    assert b"<p>Zo&#235; Lamps &amp; Co Gent Hi</p><img src=" in mail


@pytest.mark.parametrize(("options", "tracked"), [((), 1), (("--require-consent",), 1), (("--no-require-consent",), 2)])
def test_with_a_consent_column_an_empty_cell_is_no_unless_that_is_turned_off(
    capsysbinary: pytest.CaptureFixture[bytes],
    write: Callable[[str, bytes], str],
    options: tuple[str, ...],
    tracked: int,
) -> None:
    code, out, _ = run(capsysbinary, *merge_arguments(write, LETTER, PEOPLE, *SENT, *options))
    assert (code, f"opens individual   {tracked}" in out.decode()) == (0, True)


def test_an_aggregate_campaign_and_images_that_tell(
    capsysbinary: pytest.CaptureFixture[bytes],
    write: Callable[[str, bytes], str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("LMTRACK_KEY")
    letter = LETTER.replace(b"<p>Dear", b'<img src="https://shop.example/{{ id }}.png"><p>Dear')
    options = ("--without-consent", "aggregate", "--require-consent", "--campaign", "spring", "--campaign-start", NOW)
    people = b"\xef\xbb\xbf" + PEOPLE
    code, out, _ = run(capsysbinary, *merge_arguments(write, letter, people, *SENT, *options))
    assert code == 0
    assert b"clicks aggregate   1" in out
    assert b"https://shop.example/{{ id }}.png" in out
    assert b"which no one else can verify" in out
    assert b"encoding           utf-8-sig" in out
    assert len(list((tmp_path / "outbox").iterdir())) == 4


def test_a_bar_is_shown_on_a_terminal_only(
    capsysbinary: pytest.CaptureFixture[bytes], write: Callable[[str, bytes], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    people = b"mail,name\n" + b"a@b.example,A\n" * 100
    assert run(capsysbinary, *merge_arguments(write, SMALL, people, "--consent", "unknown"))[0] == 0
    assert "checking  [" in terminal.getvalue()
    assert "100%" in terminal.getvalue()
    bad = merge_arguments(write, SMALL, b"mail,name\nx,y\n", "--consent", "unknown")
    bad[4] += "2"
    assert run(capsysbinary, *bad)[0] == 2


def test_files_that_cannot_be_used(
    capsysbinary: pytest.CaptureFixture[bytes], write: Callable[[str, bytes], str], tmp_path: Path
) -> None:
    letter = write("letter.eml", SMALL)
    people = write("people.csv", b"mail,name\na@b.example,A\n")
    out, consent = str(tmp_path / "out"), ("--consent", "unknown")
    assert "read twice" in refused(capsysbinary, "merge", letter, "-", "-o", out, *consent)
    assert "no such file" in refused(capsysbinary, "merge", letter, out, "-o", out, *consent)
    assert "not a directory" in refused(capsysbinary, "merge", letter, people, "-o", people, *consent)
    assert "not a directory" in refused(capsysbinary, "merge", letter, people, "-o", f"{people}/x", *consent)
    late = write("late.csv", b"mail,name\n" + b"a@b.example,A\n" * 3)
    (tmp_path / "late.csv").write_bytes("mail,name\na@b.example,\U0001f4a1\n".encode("utf-16")[:-1])
    assert "encoding" in refused(capsysbinary, "merge", letter, late, "-o", out, *consent)
    read = People(people)
    (tmp_path / "people.csv").unlink()
    with pytest.raises(CommandError, match="no such file"):
        next(read.rows())


@pytest.mark.parametrize(
    ("data", "encoding", "delimiter"),
    [
        (b"a,b\n1,2\n", "utf-8", ","),
        (b"a;b\n1;2\n", "utf-8", ";"),
        (b"a\tb\n1\t2\n", "utf-8", "\t"),
        (b'"a;b",c\n1,2\n', "utf-8", ","),
        ("a,é\n".encode(), "utf-8", ","),
        ("a,é\n".encode("cp1252"), "cp1252", ","),
        (b"\xef\xbb\xbfa|b\n", "utf-8-sig", "|"),
        ("a,b\n".encode("utf-16"), "utf-16", ","),
        (b"a,b\n" + b"x" * ((1 << 20) - 5) + "é".encode() + b"\n", "utf-8", ","),
        (b"a,b\n" + "é".encode()[:1], "cp1252", ","),
    ],
)
def test_how_a_file_is_written_is_found_out(
    write: Callable[[str, bytes], str], data: bytes, encoding: str, delimiter: str
) -> None:
    people = People(write("people.csv", data))
    assert (people.encoding, people.delimiter) == (encoding, delimiter)


def test_names_of_columns_may_be_longer_than_a_line_and_than_csv_allows(write: Callable[[str, bytes], str]) -> None:
    header = b'"E-\r\nMail";Name;"What, is\nit\rthen, "",;?";' + b"x" * 200_000
    people = People(write("people.csv", header + b"\r\na@b.example;A;;\r\n"))
    assert people.delimiter == ";"
    assert [*people.columns][:3] == ["email", "name", 'what,isitthen,",;?']
    assert [*people.rows()] == [(5, ["a@b.example", "A", "", ""])]


def test_names_of_columns_are_compared_without_case_blanks_and_marks() -> None:
    assert plain_name("E-Mail_Address ") == plain_name("email address") == "emailaddress"


def test_track_writes_values_too(
    capsysbinary: pytest.CaptureFixture[bytes], write: Callable[[str, bytes], str]
) -> None:
    letter = write("letter.eml", SMALL)
    values = ("--value", "mail=a@b.example", "--value", "name=Ann & Bo", "--consent", "granted")
    code, out, err = run(capsysbinary, "track", letter, *values)
    assert code == 0
    assert out == b"To: a@b.example\r\nContent-Type: text/html\r\n\r\n<p>Hi Ann &amp; Bo</p>\r\n"
    assert "1     text/html  merged" in err
    assert "no value and no default for slot 'name'" in refused(capsysbinary, "track", letter, *values[:2])
    page = write("page.html", b"<p>{{ name }}</p>")
    assert run(capsysbinary, "track", page, "--default", "name=you")[1] == b"<p>you</p>"


def test_memory_does_not_grow_with_the_rows(
    capsysbinary: pytest.CaptureFixture[bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    peaks: list[int] = []
    tracemalloc = pytest.importorskip("tracemalloc")  # PyPy has none
    rows_of = People.rows

    def measured(people: People) -> Iterator[tuple[int, list[str] | Bad]]:
        tracemalloc.reset_peak()  # files are read with a large buffer before
        yield from rows_of(people)
        peaks.append(tracemalloc.get_traced_memory()[1])

    monkeypatch.setattr(People, "rows", measured)

    def peak(count: int) -> int:
        folder = tmp_path / str(count)
        folder.mkdir()
        (folder / "letter.eml").write_bytes(SMALL)
        rows = "".join(f"ann{number}@reader.example,{'Ann' * 250}\n" for number in range(count))
        (folder / "people.csv").write_text(f"mail,name\n{rows}", encoding="utf-8")
        files = [str(folder / name) for name in ("letter.eml", "people.csv", "outbox")]
        gc.collect()
        tracemalloc.start()
        code, _, err = run(capsysbinary, "merge", *files[:2], "-o", files[2], "--now", NOW, "--consent", "granted")
        tracemalloc.stop()
        assert (code, err) == (0, "")
        return max(peaks[-2:])  # of checking and of writing

    peak(1)  # what is made once
    few, many = peak(200), peak(450)  # more than what is read at once
    assert many - few < 75_000  # 300 bytes a row: its two cells alone have 750
