"""One letter to many readers, the program of the examples: who gets what, what a crash leaves, and where the key is."""

from __future__ import annotations

import asyncio
import email
import importlib
import json
import os
import pickle
import pty
import quopri
import re
import shlex
import shutil
import signal
import socket
import subprocess
import sys
from collections import Counter
from datetime import UTC, datetime
from email import policy
from html import unescape
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeAlias

import pytest

import lmtrack
from howto_pages import TOP
from lmtrack import (
    Consent,
    Route,
    TrackingDomain,
    make_keys,
    read_click_token,
    read_open_token,
    resolve,
    track_message,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

Foreign: TypeAlias = Any  # the example's modules, and what aiosmtpd hands over

CAMPAIGN: Final = TOP / "docs" / "examples" / "campaign"
READERS: Final = 200
SEND: Final = ("send.py", "letter-2026-11", "letter.eml", "readers.jsonl", "out", "--processes", "1", "--chunk", "30")
CHUNKS: Final = 7
KEY_FILE: Final = ("--key-file", "lmtrack.key")
ROUTE: Final = Route(track_opens=True, track_clicks=True, require_consent=True)
PERSONAL: Final = re.compile(rb"\ATo: .*\r\nMessage-ID: .*\r\nList-Unsubscribe: .*\r\nList-Unsubscribe-Post: .*\r\n")


class Envelope(NamedTuple):
    """A mail as a server takes it."""

    sender: str
    address: str
    octets: bytes


def surroundings() -> dict[str, str]:
    """The environment, in which the package is found and no key is."""
    inherited = {name: value for name, value in os.environ.items() if name != "LMTRACK_KEY"}  # noqa: TID251 - for Python's sake
    return inherited | {"PYTHONPATH": str(Path(lmtrack.__file__).parent.parent)}


def run(folder: Path, *words: str, status: int = 0, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a program of the example in a folder, warnings as errors; no run may show the key."""
    done = subprocess.run(  # noqa: S603 - our own program
        [sys.executable, "-W", "error", str(CAMPAIGN / words[0]), *words[1:]],
        cwd=folder,
        env=surroundings() | environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert (done.returncode, done.stderr if status == 0 else "") == (status, ""), done.stderr
    key = (folder / "lmtrack.key").read_text(encoding="ascii").strip()
    assert key not in done.stdout + done.stderr
    return done


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("campaign")
    (folder / "lmtrack.key").write_text("not yet", encoding="ascii")
    run(folder, "trial.py", ".", "--readers", str(READERS))
    return folder


@pytest.fixture(scope="module")
def made_and_sent(made: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = Path(shutil.copytree(made, tmp_path_factory.mktemp("sent") / "trial"))
    said = run(folder, *SEND, *KEY_FILE, "--processes", "2").stdout
    assert said.startswith("individual 120\noff 80\n200 mails in ")
    assert " s by 2 processes: " in said
    return folder


@pytest.fixture
def trial(made: Path, tmp_path: Path) -> Path:
    """A folder with a letter, a key and readers, of whom 60 in 100 agreed."""
    return Path(shutil.copytree(made, tmp_path / "trial"))


@pytest.fixture
def sent(made_and_sent: Path, tmp_path: Path) -> Path:
    """The same after a run."""
    return Path(shutil.copytree(made_and_sent, tmp_path / "trial"))


@pytest.fixture
def mailing(monkeypatch: pytest.MonkeyPatch) -> Foreign:
    monkeypatch.syspath_prepend(CAMPAIGN)
    return importlib.import_module("mailing")


def rows(folder: Path) -> dict[str, dict[str, str]]:
    lines = (folder / "readers.jsonl").read_text(encoding="ascii").splitlines()
    return {f"{row['address']}": row for row in map(json.loads, lines)}


def domain_of(folder: Path) -> TrackingDomain:
    return TrackingDomain("https://track.example", make_keys((folder / "lmtrack.key").read_bytes().strip()))


def spooled(folder: Path) -> Iterator[Envelope]:
    """Read the files of a run as RFC 2442 and RFC 5321 have them."""
    for path in (folder / "out").glob("*.bsmtp"):
        text = path.read_bytes()
        assert text.startswith(b"EHLO localhost\r\n")
        assert text.endswith(b"\r\n.\r\nQUIT\r\n")
        for transaction in re.findall(rb"(?s)MAIL FROM:<(.*?)>.*?RCPT TO:<(.*?)>\r\nDATA\r\n(.*?\r\n)\.\r\n", text):
            sender, address, octets = transaction
            yield Envelope(sender.decode(), address.decode(), octets.replace(b"\r\n..", b"\r\n."))


def tokens(octets: bytes, kind: str) -> list[str]:
    return re.findall(rf"https://track\.example/{kind}/([\w-]+)", quopri.decodestring(octets).decode("latin-1"))


def recorded(folder: Path, pattern: str = "*.done") -> list[list[str]]:
    return [line.split(" ") for path in (folder / "out").glob(pattern) for line in path.read_text("ascii").splitlines()]


# Who gets what


def test_everybody_gets_one_copy_and_only_who_agreed_is_tracked(sent: Path) -> None:
    domain, letter, readers = domain_of(sent), (sent / "letter.eml").read_bytes(), rows(sent)
    started_at = datetime.fromisoformat(json.loads((sent / "out" / "campaign.json").read_text("ascii"))["started_at"])
    mails = {mail.address: mail for mail in spooled(sent)}
    assert mails.keys() == readers.keys()
    for address, row in readers.items():
        mail, mail_id = mails[address], f"letter-2026-11-{row['id']}"
        assert mail.sender == f"bounce+{mail_id}@shop.example"
        opens, clicks = tokens(mail.octets, "o"), tokens(mail.octets, "c")
        assert (len(opens), len(set(clicks))) == ((1, 20) if row["consent"] == "granted" else (0, 0))
        assert {read_open_token(domain.keys, token).message_id for token in opens} <= {mail_id}
        assert {read_click_token(domain.keys, token).message_id for token in clicks} <= {mail_id}
        decision, name = resolve(ROUTE, consent=Consent(row["consent"])), row.get("name", "reader")
        copy = track_message(
            letter,
            decision,
            domain=domain,
            message_id=mail_id,
            slots={"name": "{{ name }}"},
            values={"name": name},
            now=started_at,
        )
        assert PERSONAL.sub(b"", mail.octets) == copy.raw
        message = email.message_from_bytes(mail.octets, policy=policy.default)
        assert (message["To"].addresses[0].display_name, message["To"].addresses[0].addr_spec) == (
            row.get("name", ""),
            address,
        )
        assert (message["Message-ID"], message["Subject"]) == (f"<{mail_id}@shop.example>", f"New lamps, {name}")
        plain, page = (part.get_content() for part in message.iter_parts())
        assert plain.startswith(f"Hello {name},")
        assert f"Hello {name}," in unescape(page)
    assert {(row[0], row[1]) for row in recorded(sent)} == {
        (row["id"], "individual" if row["consent"] == "granted" else "off") for row in readers.values()
    }
    assert ["2", "off", "opens:consent_unknown,clicks:consent_unknown"] not in recorded(sent)  # 2 agreed


def test_the_way_out_is_each_readers_own(trial: Path, mailing: Foreign) -> None:
    maker = mailing.Maker(a_mailing(mailing, trial))
    readers = [mailing.make_reader(name, f"{name}@reader.example", "unknown") for name in ("1", "2")]
    links = [email.message_from_bytes(maker.make(reader).octets)["List-Unsubscribe"] for reader in readers]
    assert [re.sub(r"\.[\w-]{43}>$", "", link) for link in links] == [
        "<https://shop.example/leave/1",
        "<https://shop.example/leave/2",
    ]
    assert len({link.partition(".example")[2].partition(".")[2] for link in links}) == 2


def test_one_token_for_all_who_did_not_agree_tells_nobody_apart(trial: Path) -> None:
    done = run(trial, *SEND, *KEY_FILE, "--aggregate")
    assert done.stdout.startswith("aggregate 80\nindividual 120\n")
    readers = rows(trial)
    without = {
        (*tokens(mail.octets, "o"), *tokens(mail.octets, "c"))
        for mail in spooled(trial)
        if readers[mail.address]["consent"] != "granted"
    }
    [shared] = without
    assert len(shared) == 1 + 21  # the pixel, and 20 links, of which one is drawn twice


def test_a_withdrawal_after_the_list_was_written_counts(trial: Path) -> None:
    gone = [row["id"] for row in rows(trial).values() if row["consent"] == "granted"][:5]
    (trial / "withdrawn.txt").write_text("\n".join(gone), encoding="ascii")
    done = run(trial, *SEND, *KEY_FILE, "--withdrawn", "withdrawn.txt")
    assert done.stdout.startswith("individual 115\noff 85\n")
    reasons = {row[0]: row[2] for row in recorded(trial)}
    assert {reasons[name] for name in gone} == {"opens:consent_withdrawn,clicks:consent_withdrawn"}


NOBODY: Final = {
    "no JSON": b"ann@reader.example",
    "not UTF-8": b'{"id": "\xff"}',
    "a list": b"[]",
    "a number": b"7",
    "no address": b'{"id": "7"}',
    "a number for an id": b'{"id": 7, "address": "a@reader.example"}',
    "an id that is none": b'{"id": "a@b", "address": "a@reader.example"}',
    "two lines": rb'{"id": "7", "address": "a@reader.example\r\nBcc: b@reader.example"}',
    "a command": rb'{"id": "7", "address": "a@reader.example>\r\nDATA"}',
    "a name": b'{"id": "7", "address": "Ann <a@reader.example>"}',
    "two": b'{"id": "7", "address": "a@reader.example,b@reader.example"}',
    "other letters": '{"id": "7", "address": "ä@reader.example"}'.encode(),
    "a line end": rb'{"id": "7", "address": "a@reader.example\n"}',
    "too long": b'{"id": "7", "address": "%b@reader.example"}' % (b"a" * 250),
    "a number for a name": b'{"id": "7", "address": "a@reader.example", "name": 7}',
    "a name of two lines": rb'{"id": "7", "address": "a@reader.example", "name": "Ann\r\nBcc: b@reader.example"}',
    "half a character": rb'{"id": "7", "address": "a@reader.example", "name": "\ud800"}',
    "a long name": b'{"id": "7", "address": "a@reader.example", "name": "%b"}' % (b"a" * 81),
    "empty": b"",
}


@pytest.mark.parametrize("line", NOBODY.values(), ids=NOBODY)
def test_a_line_that_names_nobody_is_refused_without_a_word_of_it(mailing: Foreign, line: bytes) -> None:
    with pytest.raises(mailing.BadReaderError) as caught:
        mailing.read_reader(line)
    assert "example" not in str(caught.value)
    assert caught.value.__suppress_context__


@pytest.mark.parametrize("said", ["", "GRANTED", "yes", None, True, 1, ["granted"]])
def test_a_consent_that_nobody_can_read_is_none(mailing: Foreign, said: object) -> None:
    line = json.dumps({"id": "7", "address": "a@reader.example", "consent": said})
    assert mailing.read_reader(line.encode()).consent is Consent.UNKNOWN


def test_lines_that_name_nobody_do_not_stop_the_others(trial: Path) -> None:
    with (trial / "readers.jsonl").open("ab") as file:
        file.write(b"\n".join(NOBODY.values()))
    done = run(trial, *SEND, *KEY_FILE)
    # The last is nothing after a line end, which is no line.
    assert done.stdout.startswith(f"individual 120\nno reader {len(NOBODY) - 1}\noff 80\n200 mails")
    assert len([row for row in recorded(trial) if row[1] == "no_reader"]) == len(NOBODY) - 1


# Again


def files(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in (folder / "out").iterdir()}


def test_a_second_run_sends_nothing(sent: Path) -> None:
    for path in (sent / "out").glob("*.bsmtp"):
        path.unlink()  # the mail server has taken it
    before = files(sent)
    assert run(sent, *SEND, *KEY_FILE).stdout == f"{CHUNKS} of {CHUNKS} chunks were finished before\n"
    assert files(sent) == before


def test_a_run_goes_on_where_a_crash_ended_it_and_makes_the_same_octets(sent: Path) -> None:
    out, before = sent / "out", files(sent)
    # One chunk was being made, another was finished and not yet published.
    (out / "00000002.done").unlink()
    (out / "00000002.unfinished").write_text("60 individual \n61 indi", encoding="ascii")
    (out / "00000002.bsmtp").unlink()
    (out / "00000002.part").write_bytes(b"EHLO localhost\r\nMAIL FR")
    (out / "00000004.bsmtp").rename(out / "00000004.part")
    done = run(sent, *SEND, *KEY_FILE)
    assert done.stdout.startswith(f"{CHUNKS - 1} of {CHUNKS} chunks were finished before\n")
    assert "\n30 mails in " in done.stdout
    assert files(sent) == before


def test_machines_that_share_a_campaign_share_its_time_and_its_tokens(trial: Path) -> None:
    lines = (trial / "readers.jsonl").read_bytes().splitlines(keepends=True)
    time = ("--started-at", "2026-11-02T12:00:00+00:00")
    mails: list[Envelope] = []
    for part in (lines[::2], lines[1::2], lines):
        (trial / "readers.jsonl").write_bytes(b"".join(part))
        run(trial, *SEND, *KEY_FILE, "--aggregate", *time)
        if part is not lines:
            mails += spooled(trial)
            shutil.rmtree(trial / "out")
    assert sorted(mails) == sorted(spooled(trial))
    run(trial, *SEND, *KEY_FILE, "--aggregate")  # goes on with the time it knows
    other = run(trial, *SEND, *KEY_FILE, "--aggregate", time[0], "2026-11-02T12:00:01+00:00", status=1)
    assert other.stderr == "the folder holds another campaign: started_at differ; take a new folder\n"


@pytest.mark.parametrize("change", ["readers.jsonl", "letter.eml", "--chunk", "--aggregate", "issue"])
def test_a_folder_is_of_one_campaign(sent: Path, change: str) -> None:
    words = list(SEND)
    if change == "issue":
        words[1] = "letter-2026-12"
    elif change == "--aggregate":
        words.append(change)
    elif change == "--chunk":
        words[-1] = "31"
    else:
        with (sent / change).open("ab") as file:
            file.write(b"\n")
    done = run(sent, *words, *KEY_FILE, status=1)
    differs = change.removeprefix("--").partition(".")[0]
    assert done.stderr == f"the folder holds another campaign: {differs} differ; take a new folder\n"


# By SMTP


class Server:
    """Keeps what it gets and answers as it is told."""

    def __init__(self) -> None:
        self.mails: list[Envelope] = []
        self.answers: dict[str, str] = {}

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's
        self, server: object, session: object, envelope: Foreign, address: str, options: object
    ) -> str:
        """Take a recipient or not."""
        del server, session, options
        answer = self.answers.get(address, "250 OK")
        if answer.startswith("250"):
            envelope.rcpt_tos.append(address)
        return answer

    async def handle_DATA(self, server: object, session: object, envelope: Foreign) -> str:  # noqa: N802 - aiosmtpd's
        """Keep a mail."""
        del server, session
        self.mails.append(Envelope(envelope.mail_from, envelope.rcpt_tos[0], envelope.content))
        return "250 kept"

    def during(self, act: Foreign) -> Foreign:
        """Listen on this machine while something is done with the port."""
        smtp = pytest.importorskip("aiosmtpd.smtp").SMTP

        async def listen() -> object:
            loop = asyncio.get_running_loop()
            made = await loop.create_server(lambda: smtp(self, hostname="localhost"), "127.0.0.1", 0)
            async with made:
                return await asyncio.to_thread(act, made.sockets[0].getsockname()[1])

        return asyncio.run(listen())


def test_a_server_gets_what_the_files_would_hold(trial: Path) -> None:
    server = Server()
    server.during(lambda port: run(trial, *SEND, *KEY_FILE, "--to", f"smtp://127.0.0.1:{port}"))
    by_smtp = sorted(server.mails)
    assert len(by_smtp) == READERS
    started = json.loads((trial / "out" / "campaign.json").read_text("ascii"))
    shutil.rmtree(trial / "out")
    (trial / "out").mkdir()
    (trial / "out" / "campaign.json").write_text(json.dumps(started | {"to": "files"}), encoding="ascii")
    run(trial, *SEND, *KEY_FILE)
    assert sorted(spooled(trial)) == by_smtp


def test_a_server_reads_the_files(trial: Path) -> None:
    letter = (trial / "letter.eml").read_bytes()
    # What dot-stuffing is for, a body of 8 bits, and no line end at the end.
    (trial / "letter.eml").write_bytes(
        letter.partition(b"MIME-Version")[0] + b"\r\n.\r\n..\r\n.x\r\nGr\xc3\xbc\xc3\x9fe"
    )
    run(trial, *SEND, *KEY_FILE)
    server = Server()

    def feed(port: int) -> None:
        for path in sorted((trial / "out").glob("*.bsmtp")):
            with socket.create_connection(("127.0.0.1", port)) as connection, connection.makefile("rb") as answers:
                connection.sendall(path.read_bytes())
                assert [line for line in answers if not line.startswith((b"2", b"354"))] == []

    server.during(feed)
    assert len(server.mails) == READERS
    assert {mail.octets.partition(b"\r\n\r\n")[2] for mail in server.mails} == {
        b".\r\n..\r\n.x\r\nGr\xc3\xbc\xc3\x9fe\r\n"
    }


def test_nobody_gets_a_mail_twice_however_often_it_is_tried(trial: Path) -> None:
    server = Server()
    later, never, breaks = (f"reader-{number}@reader.example" for number in (10, 70, 100))
    server.answers = {later: "450 later", never: "550 no", breaks: "421 closing"}

    def all_runs(port: int) -> None:
        def send(status: int) -> subprocess.CompletedProcess[str]:
            return run(trial, *SEND, *KEY_FILE, "--to", f"smtp://127.0.0.1:{port}", status=status)

        first = send(status=1)
        assert "1 chunks are unfinished (later): run again" in first.stderr
        assert "1 chunks are unfinished (SMTPServerDisconnected): run again" in first.stderr
        assert "reader.example" not in first.stderr
        assert send(status=1).stdout.startswith(f"{CHUNKS - 2} of {CHUNKS} chunks were finished before\n")
        server.answers = {never: "550 no"}
        send(status=0)

    server.during(all_runs)
    addresses = [mail.address for mail in server.mails]
    assert sorted(addresses) == sorted(rows(trial).keys() - {never})
    assert [row[0] for row in recorded(trial) if row[1] == "refused"] == ["70"]


def kill_the_worker_of(parent: int) -> None:
    children = Path(f"/proc/{parent}/task/{parent}/children").read_text("ascii").split()
    [worker] = [pid for pid in children if b"spawn_main" in Path(f"/proc/{pid}/cmdline").read_bytes()]
    os.kill(int(worker), signal.SIGKILL)


@pytest.mark.skipif(not Path("/proc/self/task").is_dir(), reason="finds the process to kill in /proc")
def test_a_process_that_is_killed_costs_no_more_than_the_mail_it_was_sending(trial: Path) -> None:
    class Killer(Server):
        parent = 0

        async def handle_DATA(  # noqa: N802 - aiosmtpd's
            self, server: object, session: object, envelope: Foreign
        ) -> str:
            answer = await super().handle_DATA(server, session, envelope)
            if len(self.mails) == 40:
                kill_the_worker_of(self.parent)  # the server has the mail, and nobody was told
            return answer

    server = Killer()

    def both_runs(port: int) -> None:
        to = ("--to", f"smtp://127.0.0.1:{port}")
        command = [sys.executable, str(CAMPAIGN / SEND[0]), *SEND[1:], *KEY_FILE, *to]
        with subprocess.Popen(command, cwd=trial, env=surroundings(), stderr=subprocess.PIPE, text=True) as process:  # noqa: S603 - our own program
            server.parent = process.pid
            _, stderr = process.communicate(timeout=60)
        assert (process.returncode, stderr) == (1, "send: a process was ended from outside; run again to go on\n")
        run(trial, *SEND, *KEY_FILE, *to)

    server.during(both_runs)
    arrived = Counter(mail.address for mail in server.mails)
    assert arrived.keys() == rows(trial).keys()
    assert [address for address, times in arrived.items() if times > 1] == [server.mails[39].address]
    assert len(set(server.mails)) == READERS  # and it is the same mail, to the last byte


def test_half_a_line_of_the_record_is_no_mail_that_was_sent(trial: Path) -> None:
    (trial / "out").mkdir()
    (trial / "out" / "00000000.unfinished").write_text("0 individual \n1 off x\n2 indiv", encoding="ascii")
    server = Server()
    done = server.during(lambda port: run(trial, *SEND, *KEY_FILE, "--to", f"smtp://127.0.0.1:{port}"))
    assert "sent before 2\n198 mails" in done.stdout
    assert {"reader-0@reader.example", "reader-1@reader.example"} == rows(trial).keys() - {
        mail.address for mail in server.mails
    }


def test_a_server_that_is_not_there_leaves_every_chunk_for_later(trial: Path) -> None:
    with socket.socket() as unused:  # noqa: TID251 - a test needs one
        unused.bind(("127.0.0.1", 0))  # and does not listen
        address = f"smtp://127.0.0.1:{unused.getsockname()[1]}"
        done = run(trial, *SEND, *KEY_FILE, "--to", address, status=1)
    assert done.stderr == f"{CHUNKS} chunks are unfinished (ConnectionRefusedError): run again\n"


# The key


def a_mailing(mailing: Foreign, folder: Path) -> Foreign:
    return mailing.make_mailing(
        "letter-2026-11",
        folder / "letter.eml",
        started_at=datetime(2026, 11, 2, 12, tzinfo=UTC),
        key_file=folder / "lmtrack.key",
    )


def test_the_key_is_in_no_file_of_a_run(sent: Path) -> None:
    key = (sent / "lmtrack.key").read_bytes().strip()
    assert len(key) == 43
    assert [name for name, content in files(sent).items() if key in content] == []


def test_what_goes_from_process_to_process_holds_no_key(trial: Path, mailing: Foreign) -> None:
    given = a_mailing(mailing, trial)
    key = (trial / "lmtrack.key").read_bytes().strip()
    copy = pickle.dumps(given)
    assert key not in copy
    assert key.decode() not in repr(given)
    reader = mailing.Reader("7", "a@reader.example", Consent.GRANTED)
    assert mailing.Maker(pickle.loads(copy)).make(reader) == mailing.Maker(given).make(reader)  # noqa: S301 - ours


def test_what_holds_the_key_cannot_be_pickled_and_does_not_show_it(trial: Path, mailing: Foreign) -> None:
    maker = mailing.Maker(a_mailing(mailing, trial))
    with pytest.raises(TypeError, match="a Maker holds a key"):
        pickle.dumps(maker)
    assert (trial / "lmtrack.key").read_text("ascii").strip() not in repr(maker) + repr(vars(maker))


def test_the_key_can_come_from_the_environment(trial: Path) -> None:
    key = (trial / "lmtrack.key").read_text("ascii").strip()
    assert run(trial, *SEND, LMTRACK_KEY=key).stdout.startswith("individual 120\n")
    octets = next(mail.octets for mail in spooled(trial) if tokens(mail.octets, "o"))
    assert read_open_token(domain_of(trial).keys, tokens(octets, "o")[0]).message_id.startswith("letter-2026-11-")


# Said once, and how


WRONG: Final = {
    "no key": ((), "send: no key: name its file, or set LMTRACK_KEY\n"),
    "a short key": (("--key-file", "short.key"), "send: a secret must have at least 16 bytes\n"),
    "no such key": (("--key-file", "none.key"), "send: [Errno 2] No such file or directory: 'none.key'\n"),
    "no processes": ((*KEY_FILE, "--processes", "0"), "--processes and --chunk must be 1 or more\n"),
    "a time without a zone": (
        (*KEY_FILE, "--started-at", "2026-11-02T12:00:00"),
        "argument --started-at: invalid read_time value: '2026-11-02T12:00:00'\n",
    ),
    "an unknown place": ((*KEY_FILE, "--to", "post"), "--to must be files, nowhere or smtp://HOST:PORT\n"),
}


@pytest.mark.parametrize(("words", "said"), WRONG.values(), ids=WRONG)
def test_what_is_missing_is_said_in_a_line(trial: Path, words: tuple[str, ...], said: str) -> None:
    (trial / "short.key").write_text("short", encoding="ascii")
    stderr = run(trial, *SEND, *words, status=2).stderr
    assert stderr.endswith(said)
    assert "Traceback" not in stderr


def test_a_letter_that_has_a_recipient_is_refused(trial: Path) -> None:
    letter = trial / "letter.eml"
    letter.write_bytes(b"To: ann@reader.example\r\n" + letter.read_bytes())
    assert run(trial, *SEND, *KEY_FILE, status=2).stderr == (
        "send: each copy gets a header of its own, so the letter must have no To\n"
    )


def test_a_terminal_sees_how_far_it_is(trial: Path) -> None:
    ours, theirs = pty.openpty()
    subprocess.run(  # noqa: S603 - our own program
        [sys.executable, str(CAMPAIGN / SEND[0]), *SEND[1:], *KEY_FILE, "--to", "nowhere"],
        cwd=trial,
        env=surroundings(),
        stdout=subprocess.DEVNULL,
        stderr=theirs,
        check=True,
        timeout=60,
    )
    os.close(theirs)
    shown = b""
    with os.fdopen(ours, "rb", buffering=0) as terminal:
        while not shown.endswith(b"\n"):
            shown += terminal.read(4096)
    steps = shown.decode().strip().split("\r")
    assert len([step for step in steps if "mails a second" in step]) == CHUNKS
    assert re.fullmatch(r"#{40} 100% +[\d,]+ mails a second", steps[-1])


def test_the_commands_of_the_page_do_what_it_says(tmp_path: Path) -> None:
    page = (TOP / "docs" / "howto" / "a-million-recipients.md").read_text(encoding="utf-8")
    first = re.findall(r"(?s)```sh\n(.*?)```", page)[0]
    (tmp_path / "lmtrack.key").write_text("not this one", encoding="ascii")
    for line in first.replace("10000", "100").splitlines():
        python, program, *words = shlex.split(line)
        assert (python, TOP / program) == ("python", CAMPAIGN / Path(program).name)
        done = run(tmp_path, Path(program).name, *words)
    assert done.stdout.startswith("individual 60\noff 40\n100 mails in ")
    assert (tmp_path / "outbox" / "00000000.bsmtp").is_file()
