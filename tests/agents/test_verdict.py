from __future__ import annotations

import copy
import pickle
import re
from pathlib import Path

import pytest

from lmtrack._agents.verdict import Actor, Human, Signal, Verdict

VERDICT = Verdict(actor=Actor.CRAWLER, human=Human.NO, evidence=3, reasons=("ua.list",), vendor="Example", cause=4)


def test_values_are_those_of_the_design() -> None:
    assert " ".join(Actor) == (
        "human apple_mpp image_proxy gmail_prefetch security_scanner link_preview ai_agent crawler http_client unknown"
    )
    assert " ".join(Human) == "yes no unknowable yes_client_hidden"


@pytest.mark.parametrize(
    ("human", "is_machine", "counts"),
    [
        (Human.YES, False, True),
        (Human.NO, True, False),
        (Human.UNKNOWABLE, False, False),
        (Human.YES_CLIENT_HIDDEN, False, True),
    ],
)
def test_only_people_count_and_only_their_absence_is_a_machine(human: Human, is_machine: bool, counts: bool) -> None:
    verdict = Verdict(actor=Actor.UNKNOWN, human=human, evidence=1)
    assert (verdict.is_machine, verdict.counts_for_metrics) == (is_machine, counts)


def test_a_verdict_is_written_with_plain_values_in_a_fixed_order() -> None:
    assert repr(list(VERDICT.to_dict().items())) == (
        "[('actor', 'crawler'), ('human', 'no'), ('evidence', 3), ('reasons', ['ua.list']), ('vendor', 'Example'), "
        "('category', 'known_bot'), ('sources', []), ('cause', 4), ('is_machine', True), ('counts_for_metrics', False)]"
    )


def test_a_verdict_survives_pickling_and_copying() -> None:
    assert pickle.loads(pickle.dumps(VERDICT)) == VERDICT  # noqa: S301 - our own
    assert copy.deepcopy(VERDICT) == VERDICT


def test_codes_are_unique_named_after_their_family_and_documented() -> None:
    for signal in Signal:
        assert re.fullmatch(r"(ua|method|hdr|time|net|msg)\.[a-z0-9_]+", signal.value)
        assert signal.meaning
        assert signal.source
    assert len({signal.meaning for signal in Signal}) == len(Signal)


def test_a_code_is_found_by_its_value_and_survives_pickling() -> None:
    for signal in Signal:
        assert {signal.value: signal}[str(signal)] is signal
        assert pickle.loads(pickle.dumps(signal)) is signal  # noqa: S301 - our own


def test_the_page_on_people_and_machines_has_every_code_with_its_meaning() -> None:
    page = Path(__file__).resolve().parents[2] / "docs" / "explanation" / "people-and-machines.md"
    rows = [line for line in page.read_text("utf-8").split("\n") if re.match(r"\| `[a-z]+\.[a-z0-9_]+` \|", line)]
    assert rows == [f"| `{signal.value}` | {signal.meaning} |" for signal in Signal]
