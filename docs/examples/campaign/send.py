"""Send one letter to many readers from one machine, with all its cores.

Run it again after a crash: a chunk that is finished is not sent twice.
"""

from __future__ import annotations

import argparse
import fcntl
import hashlib
import json
import multiprocessing
import os
import resource
import signal
import smtplib
import sys
import time
from collections import Counter
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, Future, ProcessPoolExecutor, wait
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, TextIO

from mailing import BadReaderError, Mailing, Maker, make_mailing, read_reader
from outlets import LATER, REFUSED, Nowhere, Outlet, Smtp, Spool

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


class Chunk(NamedTuple):
    """Some lines of the readers' file; the readers themselves do not go through a pipe."""

    number: int
    start: int
    end: int
    lines: int


class Report(NamedTuple):
    """What a process tells about a chunk."""

    chunk: Chunk
    counts: Counter[str]
    cpu_seconds: float
    peak_octets: int
    problem: str | None


class Job(NamedTuple):
    """What each process is told once."""

    mailing: Mailing
    readers: Path
    withdrawn: Path | None
    folder: Path
    to: str


# In each process


class Worker:
    """Sends chunks."""

    def __init__(self, job: Job) -> None:
        self._job = job
        self._maker = Maker(job.mailing)
        self._outlet = make_outlet(job)

    def send(self, chunk: Chunk) -> Report:
        cpu = time.process_time()
        counts: Counter[str] = Counter()
        problem = None
        try:
            self._send(chunk, counts)
        except (smtplib.SMTPException, OSError) as error:
            problem = type(error).__name__  # its text can hold an address
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
        return Report(chunk, counts, time.process_time() - cpu, peak, problem or (LATER if counts[LATER] else None))

    def _send(self, chunk: Chunk, counts: Counter[str]) -> None:
        unfinished, finished = records(self._job.folder, chunk)
        before = names(unfinished) if self._outlet.remembers else set()
        withdrawn = read_withdrawn(self._job.withdrawn)
        self._outlet.begin(chunk.number)
        with unfinished.open("a" if self._outlet.remembers else "w", encoding="ascii") as record:
            for offset, line in lines_of(self._job.readers, chunk):
                try:
                    reader = read_reader(line)
                except BadReaderError:
                    counts["no reader"] += 1
                    record.write(f"@{offset} no_reader\n")
                    continue
                if reader.id in before:
                    counts["sent before"] += 1
                    continue
                mail = self._maker.make(reader, withdrawn)
                answer = self._outlet.put(mail)
                if answer == LATER:
                    counts[LATER] += 1
                    continue
                kind = REFUSED if answer == REFUSED else mail.kind
                counts[kind] += 1
                record.write(f"{reader.id} {kind} {mail.reasons}\n")
                if self._outlet.remembers:
                    record.flush()
            self._outlet.seal()
            record.flush()
            os.fsync(record.fileno())
        if not counts[LATER]:
            # In this order: a crash between the two leaves a chunk that is published by the next run, not made again.
            unfinished.replace(finished)
            self._outlet.publish(chunk.number)


def start(job: Job) -> None:
    """Set a process up; a Ctrl-C is the parent's to handle."""
    global worker  # noqa: PLW0603 - a pool gives its processes no other place
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    worker = Worker(job)


def send_chunk(chunk: Chunk) -> Report:
    return worker.send(chunk)


worker: Worker


def make_outlet(job: Job) -> Outlet:
    if job.to == "nowhere":
        return Nowhere()
    if job.to == "files":
        return Spool(job.folder)
    host, _, port = job.to.removeprefix("smtp://").rpartition(":")
    return Smtp(host, int(port))


def records(folder: Path, chunk: Chunk) -> tuple[Path, Path]:
    """Name the list of whom a chunk has reached, and as what: while it is written, and when the chunk is finished."""
    stem = folder / f"{chunk.number:08}"
    return stem.with_suffix(".unfinished"), stem.with_suffix(".done")


def names(record: Path) -> set[str]:
    if not record.exists():
        return set()
    text = record.read_text(encoding="ascii")
    whole = text[: text.rfind("\n") + 1]  # a crash can leave half a line, which says nothing for sure
    if whole != text:
        record.write_text(whole, encoding="ascii")
    return {line.partition(" ")[0] for line in whole.splitlines()}


def read_withdrawn(path: Path | None) -> set[str]:
    """Read who has withdrawn since the readers' file was written, for each chunk: a campaign takes hours."""
    return set(path.read_text(encoding="ascii").split()) if path is not None else set()


def lines_of(readers: Path, chunk: Chunk) -> Iterator[tuple[int, bytes]]:
    with readers.open("rb") as file:
        file.seek(chunk.start)
        while (offset := file.tell()) < chunk.end:
            yield offset, file.readline()


# In the parent


def cut(readers: Path, lines: int) -> tuple[list[Chunk], str]:
    """Cut the readers' file into chunks, and give its digest."""
    chunks: list[Chunk] = []
    digest = hashlib.sha256()
    start = end = count = 0
    with readers.open("rb") as file:
        for line in file:
            digest.update(line)
            end += len(line)
            count += 1
            if count == lines:
                chunks.append(Chunk(len(chunks), start, end, count))
                start, count = end, 0
    if count:
        chunks.append(Chunk(len(chunks), start, end, count))
    return chunks, digest.hexdigest()


def read_time(text: str) -> datetime:
    time = datetime.fromisoformat(text)
    if time.tzinfo is None:
        raise ValueError("a time needs a zone")
    return time


def remember(file: TextIO, run: dict[str, object], started_at: datetime | None) -> datetime:
    """Return the time the campaign was begun; a folder belongs to one campaign, and to one process at a time."""
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        raise SystemExit("this campaign is being sent already") from None
    file.seek(0)
    text = file.read()
    if not text:
        begun = started_at or datetime.now(UTC).replace(microsecond=0)
        json.dump({"started_at": begun.isoformat(), **run}, file, indent=1)
        file.flush()
        os.fsync(file.fileno())
        return begun
    known = json.loads(text)
    begun = datetime.fromisoformat(known.pop("started_at"))
    differs = sorted(name for name in run if known.get(name) != run[name])
    if started_at not in {None, begun}:
        differs.append("started_at")
    if differs:
        raise SystemExit(f"the folder holds another campaign: {', '.join(differs)} differ; take a new folder")
    return begun


def send_all(job: Job, chunks: Iterable[Chunk], processes: int) -> Iterator[Report]:
    """Have the chunks sent, in any order; a few wait, the others are not handed out yet."""
    waiting: set[Future[Report]] = set()
    context = multiprocessing.get_context("spawn")  # the same on every system, and nothing of the parent is copied
    pool = ProcessPoolExecutor(processes, mp_context=context, initializer=start, initargs=(job,))
    try:
        for chunk in chunks:
            waiting.add(pool.submit(send_chunk, chunk))
            if len(waiting) >= 2 * processes:
                finished, waiting = wait(waiting, return_when=FIRST_COMPLETED)
                yield from (future.result() for future in finished)
        while waiting:
            finished, waiting = wait(waiting, return_when=FIRST_COMPLETED)
            yield from (future.result() for future in finished)
    finally:
        pool.shutdown(cancel_futures=True)


class Progress:
    """A bar on a terminal, nothing anywhere else."""

    def __init__(self, total: int) -> None:
        self._total = total
        self._done = 0
        self._began = time.perf_counter()
        self._shown = sys.stderr.isatty()

    def add(self, mails: int) -> None:
        self._done += mails
        if self._shown:
            share = self._done / self._total
            speed = self._done / (time.perf_counter() - self._began)
            bar = ("#" * round(40 * share)).ljust(40, ".")
            print(f"\r{bar} {share:4.0%} {speed:9,.0f} mails a second", end="", file=sys.stderr, flush=True)

    def end(self) -> None:
        if self._shown:
            print(file=sys.stderr)


def run(job: Job, chunks: list[Chunk], processes: int) -> int:
    """Send what is left, and say how it went."""
    outlet = make_outlet(job)
    left = []
    for chunk in chunks:
        if records(job.folder, chunk)[1].exists():
            outlet.publish(chunk.number)
        else:
            left.append(chunk)
    if len(left) < len(chunks):
        print(f"{len(chunks) - len(left)} of {len(chunks)} chunks were finished before")
    counts: Counter[str] = Counter()
    problems: Counter[str] = Counter()
    cpu, peak = 0.0, 0
    began = time.perf_counter()
    progress = Progress(sum(chunk.lines for chunk in left))
    try:
        for report in send_all(job, left, processes):
            counts += report.counts
            cpu += report.cpu_seconds
            peak = max(peak, report.peak_octets)
            if report.problem:
                problems[report.problem] += 1
            progress.add(report.chunk.lines)
    finally:
        progress.end()
    seconds = time.perf_counter() - began
    for kind, count in sorted(counts.items()):
        print(f"{kind} {count}")
    mails = counts.total() - counts["no reader"] - counts["sent before"] - counts[LATER]
    if mails:
        print(
            f"{mails:,} mails in {seconds:.1f} s by {processes} processes: {mails / seconds:,.0f} a second, "
            f"{mails / seconds / processes:,.0f} for each process, {mails / cpu:,.0f} for each second of a core"
        )
        print(f"at most {peak / 2**20:.0f} MB in a process")
    for problem, count in sorted(problems.items()):
        print(f"{count} chunks are unfinished ({problem}): run again", file=sys.stderr)
    return 1 if problems else 0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("issue", help="the campaign's name; with a reader's id it names a mail")
    parser.add_argument("letter", type=Path, help="the message, without To and Message-ID")
    parser.add_argument("readers", type=Path, help="one JSON object a line: id, address, consent")
    parser.add_argument("folder", type=Path, help="holds the mails, and what was sent to whom")
    parser.add_argument(
        "--to", default="files", metavar="WHERE", help="files, smtp://HOST:PORT or nowhere (to measure)"
    )
    parser.add_argument("--key-file", type=Path, help="where the key is (default: in LMTRACK_KEY)")
    parser.add_argument("--withdrawn", type=Path, help="ids of who has withdrawn since, read again for each chunk")
    parser.add_argument("--aggregate", action="store_true", help="one token for all who did not agree")
    parser.add_argument(
        "--started-at",
        type=read_time,
        metavar="TIME",
        help="when the campaign began, the same on all its machines, as 2026-11-02T12:00:00+00:00 (default: now)",
    )
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1, metavar="N")
    parser.add_argument("--chunk", type=int, default=1000, metavar="READERS", help="how many readers go together")
    given = parser.parse_args()
    if given.processes < 1 or given.chunk < 1:
        parser.error("--processes and --chunk must be 1 or more")
    if given.to not in {"files", "nowhere"} and not given.to.startswith("smtp://"):
        parser.error("--to must be files, nowhere or smtp://HOST:PORT")
    try:
        given.folder.mkdir(parents=True, exist_ok=True)
        chunks, digest = cut(given.readers, given.chunk)
        settings: dict[str, object] = {
            "issue": given.issue,
            "letter": hashlib.sha256(given.letter.read_bytes()).hexdigest(),
            "readers": digest,
            "chunk": given.chunk,
            "aggregate": given.aggregate,
            "to": given.to,
        }
        with (given.folder / "campaign.json").open("a+", encoding="ascii") as file:
            started_at = remember(file, settings, given.started_at)
            mailing = make_mailing(
                given.issue, given.letter, started_at=started_at, key_file=given.key_file, aggregate=given.aggregate
            )
            Maker(mailing)  # a key that is missing is said once, not by every process
            job = Job(mailing, given.readers, given.withdrawn, given.folder, given.to)
            return run(job, chunks, given.processes)
    except (OSError, ValueError) as error:
        print(f"send: {error}", file=sys.stderr)
        return 2
    except BrokenExecutor:
        print("send: a process was ended from outside; run again to go on", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("send: stopped; run again to go on", file=sys.stderr)
        return 130


if __name__ == "__main__":
    sys.exit(main())
