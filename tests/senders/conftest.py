"""What every test of a sending library needs: nothing that one of them does to the process stays."""

from __future__ import annotations

from email.charset import CHARSETS

import pytest


@pytest.fixture(autouse=True)
def charsets_of_this_test(monkeypatch: pytest.MonkeyPatch) -> None:
    """Flask-Mail tells the standard library how to encode UTF-8 from then on, for everyone in the process."""
    monkeypatch.setattr("email.charset.CHARSETS", dict(CHARSETS))


@pytest.fixture(autouse=True)
def no_lookup_of_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """Libraries greet the server with this machine's name, which a resolver may take half a minute to find."""
    monkeypatch.setattr("socket.getfqdn", lambda *_: "localhost")
