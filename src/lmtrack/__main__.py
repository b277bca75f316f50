"""`python -m lmtrack` is the `lmtrack` command."""

from __future__ import annotations

from lmtrack.cli import main

if __name__ == "__main__":
    raise SystemExit(main())
