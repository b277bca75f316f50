"""Files of the command: whole in, whole out or not at all, and the keys, which never come from the command line."""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path
from typing import Final, TextIO

from lmtrack._checking.terminal_text import printable
from lmtrack._cli.output import CommandError, name_of, standard_output
from lmtrack.tokens import Keys, read_keys as read_ring

# Our choice: far above any mail (Gmail clips HTML at 102 KB), and far below what a machine holds.
LIMIT_OCTETS: Final = 64 * 1024 * 1024
_KEYS_LIMIT_OCTETS: Final = 64 * 1024
_KEY_VARIABLE: Final = "LMTRACK_KEY"


def read_input(path: str, /, *, name: str | None = None, limit_octets: int = LIMIT_OCTETS) -> bytes:
    """Read a whole file, or standard input for `-`; `name` stands for it in messages.

    Raises:
        CommandError: It cannot be read, is empty or has more octets than the limit.
    """
    name = name or name_of(path)
    standard_input: TextIO | None = sys.stdin  # None if the process was started without one
    if path == "-" and standard_input is None:
        raise CommandError(f"{name}: closed")
    try:
        if path == "-":
            data = sys.stdin.buffer.read(limit_octets + 1)
        else:
            with Path(path).open("rb") as file:
                data = file.read(limit_octets + 1)
    except (OSError, ValueError) as error:  # ValueError: a NUL in the path
        raise CommandError(f"{name}: {why(error)}") from error
    if len(data) > limit_octets:
        raise CommandError(f"{name}: more than {limit_octets:,} octets")
    if not data:
        raise CommandError(f"{name}: empty")
    return data


def write_output(path: str, data: bytes, /) -> None:
    """Write a whole file, or standard output for `-`; a file that was there stays until the new one is complete.

    Raises:
        CommandError: It cannot be written; then nothing has changed.
    """
    if path == "-":
        stream = standard_output()
        stream.buffer.write(data)
        stream.buffer.flush()
        return
    try:
        target = Path(path).resolve()
        if target.exists() and not target.is_file():
            target.write_bytes(data)  # a pipe or a device cannot be replaced; a folder is refused here
        else:
            _replace(target, data)
    except (OSError, ValueError) as error:
        raise CommandError(f"{printable(path)}: {why(error)}") from error


def create_secret(path: str, secret: str, /) -> None:
    """Write a secret to a new file that only its owner can read.

    Raises:
        CommandError: The file exists, or cannot be written.
    """
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(secret.encode())
    except (OSError, ValueError) as error:
        raise CommandError(f"{printable(path)}: {why(error)}") from error


def read_keys(path: str | None, /, *, tenant: str = "") -> Keys | None:
    """Read the key ring from a file, else from the environment variable `LMTRACK_KEY`; None without either.

    A key is the printable ASCII of one line, exactly: nothing is decoded. The first signs, all verify.

    Raises:
        CommandError: The file cannot be read, or a line is no key.
    """
    if path is not None:
        name = "--key-file"  # and not the path: a key given by mistake in its place must not be printed
        data = read_input(path, name=name, limit_octets=_KEYS_LIMIT_OCTETS)
    else:
        name = _KEY_VARIABLE
        data = os.environ.get(name, "").encode("utf-8", "surrogateescape")  # noqa: TID251 - the one place that may
        if not data:
            return None
    try:
        return read_ring(data, tenant=tenant.encode("utf-8", "surrogateescape"))
    except ValueError as error:
        raise CommandError(f"{name}: {error}") from error


def _replace(target: Path, data: bytes) -> None:
    descriptor, temporary = tempfile.mkstemp(prefix=f".{target.name[:40]}.", dir=target.parent)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
        Path(temporary).chmod(_mode(target))
        Path(temporary).replace(target)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def _mode(target: Path) -> int:
    if target.exists():
        return target.stat().st_mode & 0o7777
    umask = os.umask(0)
    os.umask(umask)
    return 0o666 & ~umask


def why(error: OSError | ValueError, /) -> str:
    """Say why a file cannot be used."""
    # Only the system's own words: the text of a ValueError may hold the path with its control characters.
    return error.strerror.lower() if isinstance(error, OSError) and error.strerror else "not a usable path"
