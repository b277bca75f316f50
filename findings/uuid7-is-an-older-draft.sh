#!/usr/bin/env bash
# A package named uuid7 should make the version 7 of RFC 9562, which begins with the milliseconds since 1970. uuid7 0.1.0
# follows a draft from before the RFC and begins with seconds: the version field says 7, but read by the RFC such an id
# is 4.096 times as far from 1970 as it should be (2203 for 2026), and sorts after all others (stevesimmons/uuid7#1).
# Seen: both say version 7; uuid6 2025.0.1's id is of this year, uuid7's of one after 2190, and the first made sorts last.
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT; cd "$folder"
python3 -m venv env
env/bin/pip install --quiet --disable-pip-version-check uuid7==0.1.0 uuid6==2025.0.1
env/bin/python -c '
from datetime import UTC, datetime
import uuid6, uuid_extensions
def year(made):
    """The year of the first 48 bits, which RFC 9562, section 5.7, says are milliseconds."""
    return datetime.fromtimestamp((made.int >> 80) / 1000, UTC).year
now, older, newer = datetime.now(UTC).year, uuid_extensions.uuid7(), uuid6.uuid7()
print("version", older.version, newer.version)
print("uuid6: this year", year(newer) == now)
print("uuid7: after 2190", year(older) > 2190)
print("in the order made", older < newer)
' | tee seen
diff seen - <<'SEEN'
version 7 7
uuid6: this year True
uuid7: after 2190 True
in the order made False
SEEN
