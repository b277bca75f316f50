"""Run the part of the suite that needs nothing compiled: on PyPy, and in WebAssembly, where there are no processes.

`LMTRACK_PURE=1` has `conftest.py` install this. What asks for a package that is not there, or for something that the
system lacks (a process, a thread, an event loop, a pipe that breaks, the time of the processor), is skipped with that
reason: a whole file if it does so at its head, else one test.
"""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import threading
import time
from typing import TYPE_CHECKING, NoReturn

import pytest

if TYPE_CHECKING:
    from collections.abc import Coroutine

# Of the group `tests`, what the group `pure` lacks: it has compiled parts, or is of no use beside what has.
ABSENT = frozenset((
    "aiosmtpd", "anymail", "coverage", "cryptography", "django", "dkim", "fastapi", "html2text", "inscriptis", "lxml",
    "selectolax", "starlette", "uvicorn",
))  # fmt: skip


class _Absent:
    """The last of the finders: nobody has found the package."""

    def find_spec(self, name: str, path: object = None, target: object = None) -> None:  # noqa: ARG002 - importlib's
        if name.partition(".")[0] in ABSENT:
            pytest.skip(f"{name} is not here", allow_module_level=True)


def _no_process(*_: object, **__: object) -> NoReturn:
    pytest.skip("no processes on this system")


def _no_thread(*_: object, **__: object) -> NoReturn:
    pytest.skip("no threads on this system")


def _no_pipe() -> NoReturn:
    pytest.skip("a pipe that nobody reads takes all the same on this system")


def _no_processor_time() -> NoReturn:
    pytest.skip("no clock on this system counts the processor's time alone")


def _no_loop(main: Coroutine[object, object, object], **_: object) -> NoReturn:
    main.close()
    pytest.skip("no event loop can be run to its end on this system")


def install() -> None:
    """Skip from now on."""
    sys.meta_path.append(_Absent())
    if sys.platform == "emscripten":
        subprocess.Popen.__init__ = _no_process  # type: ignore[method-assign]
        threading.Thread.start = _no_thread  # type: ignore[method-assign]
        asyncio.run = _no_loop  # type: ignore[assignment]
        os.pipe = _no_pipe
        time.process_time = _no_processor_time
        sys.modules["pty"] = None  # type: ignore[assignment]  # it could be imported, and opens nothing
