from __future__ import annotations

import json
from typing import TYPE_CHECKING

from cli_runs import run

if TYPE_CHECKING:
    import pytest


def told(capsysbinary: pytest.CaptureFixture[bytes], *arguments: str) -> dict[str, object]:
    code, out, err = run(capsysbinary, "resolve", *arguments)
    assert (code, err) == (0, "")
    found: dict[str, object] = json.loads(out)
    return found


def test_a_service_is_told_the_decision(capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    assert told(capsysbinary, "--track-opens", "--consent", "granted", "--for", "lettermint") == {
        "settings": {"settings": {"track_opens": True, "track_clicks": False}},
        "headers": {"X-LM-Override-Track-Opens": "true", "X-LM-Override-Track-Clicks": "false"},
        "unsupported": [],
    }
    off = told(capsysbinary, "--track-opens", "--consent", "granted", "--for", "mailgun", "--tracker", "lmtrack")
    assert off["settings"] == {"o:tracking-opens": "no", "o:tracking-clicks": "no"}


def test_what_cannot_be_told_is_null_with_its_reason(capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    ses = told(capsysbinary, "--for", "ses")
    assert (ses["headers"], ses["unsupported"]) == (
        None,
        ["headers: ses: opens cannot be turned off with certainty for one message"],
    )
    assert told(capsysbinary, "--for", "postmark", "--account-off")["unsupported"] == []
    code, out, err = run(capsysbinary, "resolve", "--for", "postmark")
    assert (code, out) == (2, b"")
    assert err.count("postmark: opens cannot be turned off with certainty for one message") == 2


def test_a_ceiling_and_what_a_refusal_leaves_are_the_routes(capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    route = ("--track-opens", "--track-clicks", "--json")
    low = told(capsysbinary, *route, "--ceiling", "aggregate", "--consent", "granted")
    assert low["result"] == {"opens": "aggregate", "clicks": "aggregate"}
    refused = told(capsysbinary, *route, "--after-refusal", "aggregate", "--consent", "denied")
    assert refused["result"] == {"opens": "aggregate", "clicks": "aggregate"}
    assert told(capsysbinary, *route, "--consent", "denied")["result"] == {"opens": "off", "clicks": "off"}
