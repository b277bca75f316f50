"""The example tracking host, served on this machine by a real server."""

from __future__ import annotations

import importlib
import sys
from contextlib import contextmanager
from pathlib import Path
from socket import create_server
from threading import Thread
from typing import TYPE_CHECKING, Any, TypeAlias

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

Host: TypeAlias = Any  # the example's class; it is no package that is installed

EXAMPLES = Path(__file__).resolve().parent.parent / "docs" / "examples"


def load(name: str) -> Any:  # noqa: ANN401 - a module of the example
    """Import a module of the example, and leave no compiled files in the folder that other tests copy."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "dont_write_bytecode", True)
        patch.syspath_prepend(str(EXAMPLES))
        return importlib.import_module(f"tracker.{name}")


@contextmanager
def served(folder: Path) -> Iterator[Host]:
    """Serve the example until the block ends; `base_url` of its domain says where."""
    uvicorn = pytest.importorskip("uvicorn")
    with create_server(("127.0.0.1", 0)) as socket:  # it listens from here on, so nobody has to wait for the thread
        host = load("host").Host(f"http://127.0.0.1:{socket.getsockname()[1]}", folder)
        config = uvicorn.Config(host, http="h11", ws="none", lifespan="off", log_level="critical", access_log=False)
        server = uvicorn.Server(config)
        thread = Thread(target=server.run, kwargs={"sockets": [socket]})
        thread.start()
        try:
            yield host
        finally:
            server.should_exit = True
            thread.join()
            host.writer.close()
