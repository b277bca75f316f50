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


class Server:
    """A server on this machine, for one host after the other: to start and stop it takes longer than most tests."""

    def __init__(self, port: int) -> None:
        self.base_url = f"http://127.0.0.1:{port}"
        self.host: Host = None

    async def __call__(self, scope: object, receive: object, send: object) -> None:
        """Let the host answer that is there now."""
        await self.host(scope, receive, send)

    @contextmanager
    def serve(self, folder: Path) -> Iterator[Host]:
        """Serve the host that keeps its things in a folder, until the block ends."""
        self.host = load("host").Host(self.base_url, folder)
        try:
            yield self.host
        finally:
            self.host.close()
            self.host = None


@contextmanager
def running() -> Iterator[Server]:
    """Run a server until the block ends."""
    uvicorn = pytest.importorskip("uvicorn")
    with create_server(("127.0.0.1", 0)) as socket:  # it listens from here on, so nobody has to wait for the thread
        app = Server(socket.getsockname()[1])
        config = uvicorn.Config(app, http="h11", ws="none", lifespan="off", log_level="critical", access_log=False)
        server = uvicorn.Server(config)
        thread = Thread(target=server.run, kwargs={"sockets": [socket]})
        thread.start()
        try:
            yield app
        finally:
            server.should_exit = True
            thread.join()
