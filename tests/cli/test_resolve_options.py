from __future__ import annotations

import json

import pytest

from cli_runs import BOTH, refused, run
from lmtrack.resolver import Decision


def test_resolve_prints_each_flag_with_its_reasons(capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    code, out, err = run(capsysbinary, "resolve", "--track-opens", "--consent", "denied", "--clicks-consent", "granted")
    assert (code, err) == (0, "")
    assert out.decode().splitlines() == ["opens   off  consent_denied", "clicks  off  route_off"]


def test_resolve_says_when_the_route_is_the_reason(capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    _, out, _ = run(capsysbinary, "resolve", *BOTH)
    assert out.decode().splitlines()[0] == "opens   individual  the route says so"


def test_resolve_gives_the_evidence_as_json(capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    arguments = [
        "--track-opens",
        "--require-consent",
        "--without-consent",
        "deliverability",
        "--override-clicks",
        "true",
    ]
    code, out, _ = run(capsysbinary, "resolve", *arguments, "--json")
    decision = Decision.from_dict(json.loads(out))
    assert code == 0
    assert [decision.opens.name, decision.clicks.name] == ["DELIVERABILITY", "AGGREGATE"]
    assert decision.reasons == (
        "opens:consent_unknown",
        "clicks:route_off",
        "clicks:override_true",
        "clicks:consent_unknown",
    )


@pytest.mark.parametrize(
    ("arguments", "reasons"),
    [
        (["--settings", '{"track_opens": false}'], ["opens:override_false"]),
        (["--settings", "null"], []),
        (["--header", "X-LM-Override-Track-Opens: no"], ["opens:override_false"]),
        (["--header", "X-LM-Override-Track-Opens : no"], ["opens:override_invalid"]),
        (
            ["--header", "X-LM-Override-Track-Opens: 0", "--header", "x-lm-override-track-opens: 1"],
            ["opens:override_conflict"],
        ),
        (["--settings", '{"track_clicks": true}', "--override-clicks", "false"], ["clicks:override_conflict"]),
    ],
)
def test_resolve_reads_every_kind_of_override(
    capsysbinary: pytest.CaptureFixture[bytes], arguments: list[str], reasons: list[str]
) -> None:
    _, out, _ = run(capsysbinary, "resolve", *BOTH, *arguments, "--json")
    assert json.loads(out)["reasons"] == reasons


@pytest.mark.parametrize(
    "arguments",
    [
        ["--settings", "{"],
        ["--settings", "[]"],
        ["--settings", '{"track_opens": "false"}'],
        ["--consent", "maybe"],
        ["--without-consent", "individual"],
        ["--override-opens", "yes"],
        ["--track-opens", "--no-track-opens"],
        ["--override-opens", "true", "--override-opens", "false"],
        ["--consent", "granted", "--consent", "denied"],
    ],
)
def test_resolve_refuses_what_it_cannot_read_or_contradicts_itself(
    capsysbinary: pytest.CaptureFixture[bytes], arguments: list[str]
) -> None:
    refused(capsysbinary, "resolve", *arguments)


@pytest.mark.parametrize("verb", [["resolve"], ["track", "-"]])
@pytest.mark.parametrize(
    "line", ["", " ", " A: b", "\tA: b", "A: b\r\n\r\nX: y", "A: b\n\nX: y", "A: b\r", "\r\n", "A", "A b", ": b"]
)
def test_header_that_would_swallow_the_next_override_is_refused(
    capsysbinary: pytest.CaptureFixture[bytes], verb: list[str], line: str
) -> None:
    arguments = [*verb, *BOTH, "--header", "Subject: x", "--header", line, "--header", "X-LM-Override-Track-Opens: no"]
    assert "--header: " in refused(capsysbinary, *arguments)


@pytest.mark.parametrize(
    ("settings", "problem"),
    [
        ("[" * 50_000, "not JSON"),
        ("[" * 50_000 + "]" * 50_000, "not JSON"),  # Python 3.15 reads it, WebAssembly ends
        ("[" * 101 + "]" * 101, "not JSON"),
        ("[" * 100 + "]" * 100, "settings: must be"),
        ('{"track_opens": false, "track_opens": true}', "a member is given twice"),
        ('{"other": {"a": 1, "a": 1}}', "a member is given twice"),
    ],
)
def test_settings_that_readers_disagree_about_are_refused(
    capsysbinary: pytest.CaptureFixture[bytes], settings: str, problem: str
) -> None:
    assert refused(capsysbinary, "resolve", "--settings", settings).startswith(f"lmtrack: error: --settings: {problem}")


@pytest.mark.parametrize("arguments", [["track", ""], ["track", "-", "-o", ""], ["keys", "-o", ""]])
def test_empty_name_of_a_file_is_refused(capsysbinary: pytest.CaptureFixture[bytes], arguments: list[str]) -> None:
    assert "must not be empty" in refused(capsysbinary, *arguments)


def test_option_may_be_repeated_with_the_same_value(capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    assert run(capsysbinary, "resolve", "--track-opens", "--track-opens", *["--consent", "granted"] * 2)[0] == 0
