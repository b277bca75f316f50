"""The campaign example on Spark: the same copies, the same verdicts, and the key in nothing that Spark writes.

On demand: `nox -s spark`. Elsewhere these tests are skipped where pyspark or Java is missing.
"""

from __future__ import annotations

import importlib
import json
import re
import shlex
import shutil
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import pytest

from howto_pages import TOP
from lmtrack import Event, classify_message, make_keys

if TYPE_CHECKING:
    from collections.abc import Iterator


Foreign: TypeAlias = Any  # pyspark is not installed where types are checked

pyspark = pytest.importorskip("pyspark", reason="pyspark is not installed: nox -s spark")
for needed in ("pandas", "pyarrow"):
    pytest.importorskip(needed, reason=f"{needed} is not installed: nox -s spark")
if shutil.which("java") is None:
    pytest.skip("there is no Java", allow_module_level=True)

# Not ours: pyspark and pandas warn of themselves, and leave sockets to the garbage collector.
pytestmark = pytest.mark.filterwarnings("ignore")

CAMPAIGN: Final = TOP / "docs" / "examples" / "campaign"
READERS: Final = 200
PARTITIONS: Final = 3
SETTING: Final = "a setting that has to be found"
LOG4J: Final = """
rootLogger.level = debug
rootLogger.appenderRef.file.ref = file
appender.file.type = File
appender.file.name = file
appender.file.fileName = {log}
appender.file.layout.type = PatternLayout
appender.file.layout.pattern = %d %p %c: %m%n%ex
"""


class Work:
    """A folder with a campaign and with all that Spark writes."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.key_file = folder / "secret" / "lmtrack.key"
        self.spark: Foreign = None

    def find(self, needle: bytes) -> list[Path]:
        """Name every file that holds some bytes, but for the one that is there to hold them."""
        files = [path for path in self.folder.rglob("*") if path.is_file() and path != self.key_file]
        return [path for path in files if needle in path.read_bytes()]


@pytest.fixture(scope="module")
def work(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Work]:
    folder = tmp_path_factory.mktemp("spark")
    words = [sys.executable, str(CAMPAIGN / "trial.py"), ".", "--readers", str(READERS), "--events"]
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(CAMPAIGN)
        patch.setenv("PYTHONPATH", ":".join(entry for entry in sys.path if entry))  # the executors' Python
        patch.setenv("PYSPARK_PYTHON", sys.executable)
        patch.setenv("SPARK_LOCAL_IP", "127.0.0.1")
        patch.setenv("TMPDIR", str(folder / "python"))
        subprocess.run(words, cwd=folder, check=True, capture_output=True)  # noqa: S603 - our own program
        for name in ("secret", "python", "java", "local", "events", "warehouse"):
            (folder / name).mkdir()
        made = Work(folder)
        (folder / "lmtrack.key").rename(made.key_file)
        (folder / "log4j2.properties").write_text(LOG4J.format(log=folder / "spark.log"), encoding="ascii")
        java = f"-Dlog4j2.configurationFile={folder / 'log4j2.properties'} -Djava.io.tmpdir={folder / 'java'}"
        settings = {
            "spark.driver.extraJavaOptions": java,
            "spark.driver.bindAddress": "127.0.0.1",
            "spark.driver.host": "127.0.0.1",
            "spark.ui.enabled": "false",
            "spark.eventLog.enabled": "true",
            "spark.eventLog.compress": "false",
            "spark.eventLog.dir": (folder / "events").as_uri(),
            "spark.eventLog.logBlockUpdates.enabled": "true",
            "spark.local.dir": str(folder / "local"),
            "spark.sql.warehouse.dir": str(folder / "warehouse"),
            "spark.executorEnv.LMTRACK_KEY": SETTING,
            # What is pickled is written to a file as it is, and so can be read here.
            "spark.broadcast.compress": "false",
            "spark.shuffle.compress": "false",
        }
        session: Foreign = importlib.import_module("pyspark.sql").SparkSession
        builder = session.builder.master("local[2]").appName("campaign")
        for name, value in settings.items():
            builder = builder.config(name, value)
        made.spark = builder.getOrCreate()
        yield made
        made.spark.stop()


@pytest.fixture
def mailing(work: Work) -> Foreign:
    return importlib.import_module("mailing").make_mailing(
        "letter-2026-11",
        work.folder / "letter.eml",
        started_at=datetime(2026, 11, 2, 12, tzinfo=UTC),
        key_file=work.key_file,
    )


def readers_of(work: Work) -> Foreign:
    module = importlib.import_module("send_spark")
    return work.spark.read.schema(module.READER).json(str(work.folder / "readers.jsonl"))


def test_spark_makes_the_very_copies_that_one_machine_makes(work: Work, mailing: Foreign) -> None:
    one = importlib.import_module("mailing")
    made = importlib.import_module("send_spark").mails(readers_of(work), mailing, PARTITIONS)
    made.write.parquet(str(work.folder / "mails"))
    rows = work.spark.read.parquet(str(work.folder / "mails")).collect()
    maker = one.Maker(mailing)
    lines = (work.folder / "readers.jsonl").read_bytes().splitlines()
    assert sorted(tuple(row) for row in rows) == sorted(tuple(maker.make(one.read_reader(line))) for line in lines)
    assert {row["kind"] for row in rows} == {"individual", "off"}


def test_a_row_that_names_nobody_stops_no_job(work: Work, mailing: Foreign) -> None:
    module = importlib.import_module("send_spark")
    rows = [
        ("7", "a@reader.example", "granted", None),
        ("8", "b\r\nBcc: x@y.example", "granted", "Bo"),
        ("9", "c@reader.example", "granted", "Cy\r\nBcc: x@y.example"),
        (None, None, None, None),
    ]
    readers = work.spark.createDataFrame(rows, module.READER)
    kinds = [row["kind"] for row in module.mails(readers, mailing, 1).collect()]
    assert sorted(kinds) == ["individual", "no_reader", "no_reader", "no_reader"]


def test_the_key_is_in_nothing_that_spark_writes(work: Work, mailing: Foreign) -> None:
    key = work.key_file.read_bytes().strip()
    assert len(key) == 43
    # That the search would find it: a broadcast value is pickled to a file, and keys are pickled as their secrets.
    control = work.spark.sparkContext.broadcast(make_keys(b"a control that has to be found"))
    assert work.find(b"a control that has to be found") != []
    control.destroy()
    # And a key that an executor gets by a setting is in the log: its name is not one that Spark hides.
    assert "events" in {path.relative_to(work.folder).parts[0] for path in work.find(SETTING.encode())}
    made = importlib.import_module("send_spark").mails(readers_of(work), mailing, PARTITIONS)
    plan = made._jdf.queryExecution().toString() + made._jdf.queryExecution().stringWithStats()
    made.repartition(2).write.parquet(str(work.folder / "mails-for-the-key"))
    assert made.count() == READERS
    work.spark.sparkContext._jsc.sc().listenerBus().waitUntilEmpty()
    assert work.find(key) == []
    assert key.decode() not in plan
    assert key.decode() not in str(work.spark.sparkContext.getConf().getAll())
    # What was looked at is what it says.
    written = {path.relative_to(work.folder).parts[0] for path in work.folder.rglob("*") if path.is_file()}
    assert {"events", "local", "spark.log"} <= written
    assert b"MapInPandas" in b"".join(
        path.read_bytes() for path in (work.folder / "events").rglob("*") if path.is_file()
    )
    assert (work.folder / "spark.log").stat().st_size > 10_000


def test_a_function_that_took_the_key_along_is_refused_before_it_is_sent(work: Work, mailing: Foreign) -> None:
    maker = importlib.import_module("mailing").Maker(mailing)  # on the driver: the mistake

    def wrong(frames: Iterator[Foreign]) -> Iterator[Foreign]:
        for frame in frames:
            yield frame.assign(consent=repr(maker))

    module = importlib.import_module("send_spark")
    with pytest.raises(Exception, match="a Maker holds a key") as caught:
        readers_of(work).mapInPandas(wrong, module.READER).count()
    assert work.key_file.read_text("ascii").strip() not in str(caught.value)


# Verdicts


def said(rows: list[Foreign]) -> list[tuple[object, ...]]:
    return sorted((tuple(row) for row in rows), key=repr)


def test_each_mails_events_are_judged_together(work: Work) -> None:
    module = importlib.import_module("classify_spark")
    log = work.spark.read.text(str(work.folder / "events.jsonl"))
    rows = said(module.verdicts(log, PARTITIONS).collect())
    by_mail: dict[str, list[dict[str, Any]]] = {}  # JSON
    for line in map(json.loads, (work.folder / "events.jsonl").read_text("ascii").splitlines()):
        by_mail.setdefault(line["message_id"], []).append(line)
    expected: list[tuple[object, ...]] = []
    for message_id, lines in by_mail.items():
        events = [Event.from_dict(line["event"]) for line in lines]
        delivered_at = datetime.fromisoformat(lines[0]["delivered_at"])
        for event, verdict in zip(
            events, classify_message(events, delivered_at=delivered_at, link_count=22), strict=True
        ):
            what = (message_id, event.kind, event.at.isoformat(), event.link_index)
            judged = (verdict.actor.value, verdict.human.value, verdict.evidence, ",".join(verdict.reasons))
            expected.append((*what, *judged, verdict.counts_for_metrics))
    assert rows == sorted(expected, key=repr)
    assert {"msg.burst_3_in_2s,ua.browser", "ua.browser", "ua.apple_mpp"} <= {row[7] for row in rows}
    assert said(module.verdicts(log, PARTITIONS, grouped=True).collect()) == rows


def test_lines_that_nobody_can_read_stop_no_job_and_machines_stay_machines(work: Work) -> None:
    module = importlib.import_module("classify_spark")
    event = Event(
        kind="click",
        user_agent="Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
        at=datetime(2026, 11, 2, 13, tzinfo=UTC),
        link_index=0,
    )
    machine = {
        "actor": "security_scanner",
        "human": "no",
        "evidence": 3,
        "reasons": ["net.scanner"],
        "is_machine": True,
        "counts_for_metrics": False,
    }
    line = {"message_id": "m-1", "delivered_at": None, "link_count": None, "at_once": machine, "event": event.to_dict()}
    texts = [
        json.dumps(line),
        json.dumps(line | {"at_once": {}}),
        json.dumps(line | {"event": {}}),
        json.dumps(line | {"delivered_at": "soon"}),
        json.dumps(line | {"message_id": None}),
        "{",
        "",
        "[]",
    ]
    log = work.spark.createDataFrame([(text,) for text in texts], "value string")
    for grouped in (False, True):
        rows = [tuple(row) for row in module.verdicts(log, 1, grouped=grouped).collect()]
        assert sorted(row[7] for row in rows) == ["net.scanner", "unreadable", "unreadable", "unreadable"]
        assert {row[0] for row in rows} == {"m-1"}


# As a cluster's user starts them


def test_the_commands_of_the_page_do_what_it_says(work: Work, tmp_path: Path) -> None:
    page = (TOP / "docs" / "howto" / "a-million-recipients.md").read_text(encoding="utf-8")
    commands = re.findall(r"(?m)^spark-submit (?:.*\\\n)*.*$", page)
    assert len(commands) == 2
    shutil.copytree(work.key_file.parent, tmp_path / "trial")
    for name in ("letter.eml", "readers.jsonl", "events.jsonl"):
        shutil.copy(work.folder / name, tmp_path / "trial")
    said = []
    for command in commands:
        words = shlex.split(
            command.replace("\\\n", " ").replace("$PWD", str(tmp_path)).replace("docs/examples/campaign", str(CAMPAIGN))
        )
        submit = [sys.executable, "-m", "pyspark.find_spark_home"]
        home = Path(subprocess.run(submit, check=True, capture_output=True, text=True).stdout.strip())  # noqa: S603 - pyspark's own
        done = subprocess.run(  # noqa: S603 - the page's command
            [str(home / "bin" / words[0]), "--master", "local[2]", "--conf", "spark.ui.enabled=false", *words[1:]],
            cwd=tmp_path,
            check=False,
            capture_output=True,
            text=True,
            timeout=300,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        said.append(done.stdout)
    assert said[0].startswith("individual 120\noff 80\n200 mails in ")
    assert said[1].startswith("280 events in ")
    assert (tmp_path / "mails" / "_SUCCESS").is_file()
    assert (tmp_path / "verdicts" / "_SUCCESS").is_file()
