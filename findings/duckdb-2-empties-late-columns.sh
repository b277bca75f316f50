#!/usr/bin/env bash
# A reader of JSON lines should return what is in the lines, or fail. DuckDB, DataFusion and polars derive the columns
# from the first 20,480, 1,000 and 100 lines, and not all that differs later is an error. A text in a field that was
# null so far is read by DuckDB 1.5.6, as JSON; 2.0.1 returns null. After whole numbers, both round 1.6 to 2, and
# DataFusion 55.0.0 cuts it to 1. DataFusion and polars 2.1.0 drop a field that is new, and polars returns null for
# what is in a list after empty ones. The cost: what tells that a machine opened a message is rarely set, so the
# opens of machines count as people's, while a short file in a test is read completely. Known upstream, in part, as
# duckdb/duckdb#25786 and pola-rs/polars#29330.
# Seen in the last of 25,001 lines: None, 2, 1, nothing and [None] instead of "apple", 1.6, 1.6, "apple" and ["apple"].
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT; cd "$folder"
python3 -m venv env
env/bin/pip install --quiet --disable-pip-version-check polars==2.1.0 datafusion==55.0.0
for version in 1.5.6 2.0.1; do
  env/bin/pip install --quiet --disable-pip-version-check --target "duckdb-$version" "duckdb==$version"
done
cat >seen.py <<'PY'
import json
import sys


def write(before, late):
    with open("events.json", "w", encoding="utf-8") as file:
        file.writelines(json.dumps({"id": number, **before}) + "\n" for number in range(25_000))
        file.write(json.dumps({"id": -1, **late}) + "\n")


nulls = {"proxy": None}, {"proxy": "apple"}
numbers = {"seconds": 1}, {"seconds": 1.6}
absent = {}, {"proxy": "apple"}
lists = {"proxies": []}, {"proxies": ["apple"]}
if len(sys.argv) > 1:
    sys.path.insert(0, f"duckdb-{sys.argv[1]}")
    import duckdb

    for case in (nulls, numbers):
        write(*case)
        row = duckdb.execute("SELECT * EXCLUDE id FROM 'events.json' WHERE id = -1").fetchone()
        print("DuckDB", duckdb.__version__, *row)
else:
    import polars
    from datafusion import SessionContext

    for case in (numbers, absent):
        write(*case)
        context = SessionContext()
        context.register_json("events", "events.json")
        (row,) = context.sql("SELECT * FROM events WHERE id = -1").to_pylist()
        print("DataFusion", row)
    for case in (absent, lists):
        write(*case)
        print("polars", *polars.read_ndjson("events.json").filter(polars.col("id") == -1).to_dicts())
PY
{
  env/bin/python seen.py 1.5.6
  env/bin/python seen.py 2.0.1
  env/bin/python seen.py
} | tee seen
diff seen - <<'SEEN'
DuckDB 1.5.6 "apple"
DuckDB 1.5.6 2
DuckDB 2.0.1 None
DuckDB 2.0.1 2
DataFusion {'id': -1, 'seconds': 1}
DataFusion {'id': -1}
polars {'id': -1}
polars {'id': -1, 'proxies': [None]}
SEEN
