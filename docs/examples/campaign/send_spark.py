"""Make the copies of one letter for many readers on a Spark cluster.

The executors get a `Mailing`, which holds no key: each task reads the key from a file that is mounted where it runs.
"""

from __future__ import annotations

import argparse
import time
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd
from mailing import BadReaderError, Mailing, Maker, make_mailing, make_reader
from pyspark.sql import SparkSession

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pyspark.sql import DataFrame

READER = "id string, address string, consent string, name string"
MAIL = "reader string, sender string, address string, kind string, reasons string, bytes binary"
COLUMNS = [column.split()[0] for column in MAIL.split(", ")]
ROWS = 250  # of a frame that goes back: some megabytes, whatever the size of those that come


def copies(mailing: Mailing) -> Callable[[Iterator[pd.DataFrame]], Iterator[pd.DataFrame]]:
    """Return the function for `mapInPandas`; Spark pickles it, and with it the mailing."""

    def make(frames: Iterator[pd.DataFrame]) -> Iterator[pd.DataFrame]:
        maker = Maker(mailing)  # here, on the executor: the key does not travel
        for frame in frames:
            for start in range(0, len(frame), ROWS):
                some = frame.iloc[start : start + ROWS]
                rows = zip(some["id"], some["address"], some["consent"], some["name"], strict=True)
                yield pd.DataFrame([_mail(maker, *row) for row in rows], columns=COLUMNS)

    return make


def _mail(maker: Maker, *row: object) -> tuple[object, ...]:
    try:
        return maker.make(make_reader(*row))
    except BadReaderError:
        return (None, None, None, "no_reader", None, None)


def mails(readers: DataFrame, mailing: Mailing, partitions: int) -> DataFrame:
    """Make one row of each reader's."""
    return readers.repartition(partitions).mapInPandas(copies(mailing), MAIL)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("issue")
    parser.add_argument("letter", type=Path)
    parser.add_argument("readers", help="one JSON object a line: id, address, consent, name")
    parser.add_argument("output", help="folder for the mails, as Parquet; noop to measure")
    parser.add_argument("--started-at", type=datetime.fromisoformat, required=True, help="2026-11-02T12:00:00+00:00")
    parser.add_argument("--key-file", type=Path, required=True, help="where the key is mounted on the executors")
    parser.add_argument("--aggregate", action="store_true", help="one token for all who did not agree")
    parser.add_argument("--partitions", type=int, default=0, metavar="N", help="default: 4 for each core")
    given = parser.parse_args()
    mailing = make_mailing(
        given.issue, given.letter, started_at=given.started_at, key_file=given.key_file, aggregate=given.aggregate
    )
    spark = SparkSession.builder.appName(f"mails of {given.issue}").getOrCreate()
    try:
        cores = spark.sparkContext.defaultParallelism
        began = time.perf_counter()
        readers = spark.read.schema(READER).json(given.readers)
        writer = mails(readers, mailing, given.partitions or 4 * cores).write
        if given.output == "noop":
            writer.format("noop").mode("overwrite").save()
            count = readers.count()
        else:
            writer.parquet(given.output)  # fails if it is there: a job that is run twice sends nothing twice
            made = spark.read.parquet(given.output).groupBy("kind").count().orderBy("kind").collect()
            count = sum(row["count"] for row in made)
            for row in made:
                print(row["kind"], row["count"])
        seconds = time.perf_counter() - began
        print(f"{count:,} mails in {seconds:.1f} s on {cores} cores: {count / seconds / cores:,.0f} a second and core")
    finally:
        spark.stop()


if __name__ == "__main__":
    main()
