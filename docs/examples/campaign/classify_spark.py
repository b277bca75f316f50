"""Classify a log of opens and clicks on a Spark cluster, all events of one mail together.

A line of the log is `{"message_id": ..., "delivered_at": ..., "link_count": ..., "at_once": ..., "event": ...}`: the
event as `Event.to_dict` gives it, without an address, and as `at_once` the verdict that the request got when it came.
The key of the tokens is needed nowhere: the tracking host has read them.
"""

from __future__ import annotations

import argparse
import json
import time
from datetime import UTC, datetime
from itertools import groupby
from operator import itemgetter
from typing import TYPE_CHECKING, Any, NamedTuple

import pandas as pd
from pyspark.sql import SparkSession, functions as sql

from lmtrack import Event, classify_message

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from pyspark.sql import DataFrame

VERDICT = (
    "message_id string, kind string, at string, link_index int, "
    "actor string, human string, evidence int, reasons string, counts boolean"
)
COLUMNS = [column.split()[0] for column in VERDICT.split(", ")]
ROWS = 5_000  # of a frame that goes back


class Line(NamedTuple):
    """A line of the log, read."""

    event: Event
    delivered_at: datetime | None
    link_count: int | None
    machine: tuple[object, ...] | None  # what the request was taken for when it came, if that was a machine


def read_line(text: str) -> Line:
    """Read a line.

    Raises:
        ValueError: It is something else.
    """
    try:
        row = json.loads(text)
        delivered_at = (
            None if row["delivered_at"] is None else datetime.fromisoformat(row["delivered_at"]).astimezone(UTC)
        )
        link_count = None if row["link_count"] is None else max(0, int(row["link_count"]))
        machine = answer(row["at_once"]) if row["at_once"]["is_machine"] else None
        return Line(Event.from_dict(row["event"]), delivered_at, link_count, machine)
    except (KeyError, TypeError):
        raise ValueError("not a line of the log") from None


def answer(verdict: dict[str, Any]) -> tuple[object, ...]:  # JSON
    said = (verdict["actor"], verdict["human"], verdict["evidence"], ",".join(verdict["reasons"]))
    return (*said, verdict["counts_for_metrics"])


def judge(message_id: str, texts: Iterable[str]) -> Iterator[tuple[object, ...]]:
    """Judge the events of one mail; what was a machine at once stays one, because that verdict knew the address."""
    lines: list[Line] = []
    for text in texts:
        try:
            lines.append(read_line(text))
        except ValueError:
            yield (message_id, None, None, None, None, None, None, "unreadable", False)
    together = classify_message(
        [line.event for line in lines],
        delivered_at=next((line.delivered_at for line in lines if line.delivered_at), None),
        link_count=next((line.link_count for line in lines if line.link_count), None),
    )
    for line, verdict in zip(lines, together, strict=True):
        event = line.event
        said = line.machine or answer(verdict.to_dict())
        yield (message_id, event.kind, event.at.isoformat(), event.link_index, *said)


def verdicts_of_group(frame: pd.DataFrame) -> pd.DataFrame:
    """Judge a mail's events: the function for `groupBy("message_id").applyInPandas`."""
    return to_frame(list(judge(frame["message_id"].iloc[0], frame["value"])))


def verdicts_of_partition(frames: Iterator[pd.DataFrame]) -> Iterator[pd.DataFrame]:
    """Judge the mails of a sorted partition: one frame for thousands of mails, not one for each."""
    rows = (row for frame in frames for row in zip(frame["message_id"], frame["value"], strict=True))
    made: list[tuple[object, ...]] = []
    for message_id, mail in groupby(rows, key=itemgetter(0)):
        made += judge(message_id, [line for _, line in mail])
        if len(made) >= ROWS:
            yield to_frame(made)
            made = []
    yield to_frame(made)


def to_frame(rows: list[tuple[object, ...]]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=COLUMNS).astype({"link_index": "Int64", "evidence": "Int64"})


def verdicts(log: DataFrame, partitions: int, *, grouped: bool = False) -> DataFrame:
    """Bring the events of a mail together and judge them; a line without a message id is nobody's and left out."""
    lines = log.select(sql.get_json_object("value", "$.message_id").alias("message_id"), "value").dropna()
    if grouped:
        return lines.groupBy("message_id").applyInPandas(verdicts_of_group, VERDICT)
    together = lines.repartition(partitions, "message_id").sortWithinPartitions("message_id")
    return together.mapInPandas(verdicts_of_partition, VERDICT)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("log", help="one JSON object a line")
    parser.add_argument("output", help="folder for the verdicts, as Parquet; noop to measure")
    parser.add_argument("--grouped", action="store_true", help="by applyInPandas, to compare")
    parser.add_argument("--partitions", type=int, default=0, metavar="N", help="default: 4 for each core")
    given = parser.parse_args()
    spark = SparkSession.builder.appName("verdicts").getOrCreate()
    try:
        cores = spark.sparkContext.defaultParallelism
        began = time.perf_counter()
        log = spark.read.text(given.log)
        writer = verdicts(log, given.partitions or 4 * cores, grouped=given.grouped).write
        if given.output == "noop":
            writer.format("noop").mode("overwrite").save()
        else:
            writer.parquet(given.output)
        count, seconds = log.count(), time.perf_counter() - began
        print(f"{count:,} events in {seconds:.1f} s on {cores} cores: {count / seconds / cores:,.0f} a second and core")
    finally:
        spark.stop()


if __name__ == "__main__":
    main()
