"""The key that signs the tokens: made once, kept in a file that only its owner can read."""

from __future__ import annotations

import os
import secrets
from typing import TYPE_CHECKING

from lmtrack import read_keys

if TYPE_CHECKING:
    from pathlib import Path

    from lmtrack.tokens import Keys


def load_keys(path: Path) -> Keys:
    """Read the key, or make one if there is none yet."""
    if not path.exists():
        # Its mode from the first moment on, not afterwards; and never over a key that is there already.
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as file:
            file.write(secrets.token_urlsafe(32) + "\n")
    return read_keys(path.read_bytes())
