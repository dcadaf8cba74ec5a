"""The page about the tests is what its generator makes of the committed evidence, and says nothing else."""

from __future__ import annotations

import json

from tools.pages.proof import MUTATION, PAGE, proof_page
from tools.pages.reliability import PAGE as RELIABILITY
from tools.pages.reliability import reliability_page


def test_the_page_is_made_of_the_evidence() -> None:
    assert PAGE.read_text(encoding="utf-8") == proof_page(), "run python -m tools.pages.proof"


def test_rows_add_up_to_the_trials_listed() -> None:
    """What the table counts can be counted again from the list below it."""
    evidence = json.loads(MUTATION.read_text(encoding="utf-8"))
    for row in evidence["rows"]:
        missed = len(evidence["not noticed"][row["name"]])
        assert row["points"] == row["noticed"] + row["equivalent"] + missed
        assert row["equivalent"] <= 0.05 * row["points"]


def test_the_page_of_reliability_is_made_from_its_evidence() -> None:
    assert RELIABILITY.read_text(encoding="utf-8") == reliability_page(), (
        "run python -m tools.pages.reliability"
    )
