"""`strict` against policies that cheat, at the number of runs that a check makes unless told otherwise."""

from __future__ import annotations

import os

import pytest

from fireexit.bake_off import run_bake_off
from judging.comparison import Cell
from judging.verdict.words import BROKEN, HOLDS, INCONCLUSIVE
from mock_exchange.gateway.policies.apart import confine
from tests.adversary.gallery import NOT_HELD, TRUTHS, classes
from tests.adversary.policies.by_reaching import VICTIM

AT_ONCE = ("ExitsLast", "NobodyOpens", "CancelsRefused", "OneAccountNeverGetsOut")
"""A few for `make test`, with less to simulate."""
IN_FULL = sorted(TRUTHS) if "FIREEXIT_EXAMPLES" in os.environ else sorted(TRUTHS)[::2]
"""`make soak` tries all, `make test-all` every other one: the compiled core has the time of the rest."""


def judged(policy: str, replications: int = 20, duration_s: float | None = None) -> Cell:
    found = run_bake_off([policy], ["mixed"], "strict", 7, replications, duration_s=duration_s)
    return found.cells[policy, "mixed"]


def test_every_exhibit_has_its_truth() -> None:
    assert set(classes()) == {*TRUTHS, *NOT_HELD}
    assert len(classes()) >= 40
    assert len(TRUTHS) >= 30


@pytest.mark.parametrize("name", AT_ONCE)
def test_a_few_are_found(name: str) -> None:
    cell = judged(classes()[name], replications=6, duration_s=10)
    assert (cell.result, TRUTHS[name] in cell.broken) == (BROKEN, True)


@pytest.mark.large
@pytest.mark.lengthy
@pytest.mark.parametrize("name", IN_FULL)
def test_a_cheat_is_found(name: str) -> None:
    cell = judged(classes()[name])
    assert cell.result == BROKEN
    assert TRUTHS[name] in cell.broken


@pytest.mark.large
@pytest.mark.lengthy
@pytest.mark.skipif(not confine.version(), reason="this kernel keeps nobody from files")
def test_what_is_reached_for_is_as_it_was() -> None:
    VICTIM.write_text("what happened")
    try:
        judged(classes()["ReachesByFiles"], replications=1, duration_s=2)
        assert VICTIM.read_text() == "what happened"
    finally:
        VICTIM.unlink()


@pytest.mark.large
@pytest.mark.lengthy
@pytest.mark.parametrize("name", NOT_HELD)
def test_a_cheat_that_is_rare_or_small_is_not_told_to_hold(name: str) -> None:
    cell = judged(classes()[name])
    assert cell.result == INCONCLUSIVE
    assert cell.document["reasons"]


@pytest.mark.large
@pytest.mark.lengthy
@pytest.mark.parametrize("policy", ["exempt", "reserved", "codel"])
def test_who_does_not_cheat_holds(policy: str) -> None:
    assert judged(policy).result == HOLDS
