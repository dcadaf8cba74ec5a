"""What a terminal, a Markdown page and a CI server show of verdicts written by hand, word for word.

The texts are in `expected/`. They were read before they were kept; whoever changes one reads it again.
`python -m tests.report.test_texts` writes them anew.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from judging.comparison import RESULTS, Cell, ranked
from judging.report.bakeoff import render_bake_off, to_markdown
from judging.report.difference import render_differences
from judging.report.incident_pictures import Axis
from judging.report.junit import junit
from judging.report.markdown import markdown
from judging.report.scorecard import render_behaviours, render_cards
from judging.report.terminal import kept, render_verdict
from judging.scoring.card import Card
from judging.scoring.summary import Estimate
from judging.statistics import Interval
from judging.verdict.difference import differences, undecided, what_else_differs
from tests.report.handmade import bake_off, clause, document

EXPECTED = Path(__file__).parent / "expected"


def shown(render: Callable[..., None], *arguments: Any) -> str:
    """On a terminal of 200 columns without colours."""
    out = io.StringIO()
    render(*arguments[:1], Console(file=out, width=200, no_color=True), *arguments[1:])
    return out.getvalue()


def card(account: str, **more: Any) -> Card:
    fields: dict[str, Any] = {
        "account": account,
        "behaviour": "naive",
        "symbol": "BTCUSDT",
        "ending": "out",
        "attempts": 41,
        "accepted": 3,
        "cancels": 2,
        "sweeps": 1,
        "time_to_flat": 12.34,
        "unknown": 5,
        "unresolved": 4,
        "in_own_way": 6,
        "a_minute": 1234.5,
        "hasty": 7,
        "failed": 8,
        "insisted": 9,
        "duplicate_usdt": 0.04,
        "throttled": 10,
        "banned": 11,
        "loss_usdt": -987.65,
        "codes": {0: 3, -1008: 38},
    }
    return Card(**{**fields, **more})


def two_runs() -> tuple[dict[str, Any], dict[str, Any]]:
    """Each clause has another fate in the second."""
    before, after = document(), document()
    kinds: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
        "kept": ({}, {}),
        "fell": ({}, {"result": "broken", "interval": [0.9, 0.95], "estimate": 0.92}),
        "rose": ({"result": "broken"}, {}),
        "lower": ({}, {"interval": [0.97, 0.98], "estimate": 0.975}),
        "touching": ({}, {"interval": [0.97, 0.9812], "estimate": 0.975}),
        "higher": ({}, {"interval": [0.9952, 0.9999], "estimate": 0.997}),
        "less-is-more": (
            {"at_least": None, "at_most": 0.5},
            {"at_least": None, "at_most": 0.5, "interval": [0.1, 0.2], "estimate": 0.15},
        ),
        "moved": ({}, {"estimate": 0.985}),
        "open": ({}, {"result": "inconclusive", "interval": [0.1, 0.2], "estimate": 0.15}),
        "unasked": ({"result": "inconclusive"}, {"result": "not asked"}),
        "counted": (
            {"estimate": None, "interval": None},
            {"estimate": None, "interval": None, "numerator": 3},
        ),
    }
    before["clauses"] = [*(clause(name, **{"result": "holds", **old}) for name, (old, _) in kinds.items())]
    after["clauses"] = [*(clause(name, **{"result": "holds", **new}) for name, (_, new) in kinds.items())]
    before["clauses"].append(clause("gone", "holds"))
    after["clauses"].append(clause("new", "broken"))
    before["clauses"].append(clause("outvoted", "holds", reading="first"))
    after["clauses"].append(clause("outvoted", "broken", reading="first"))
    before["clauses"].append(clause("outvoted-open", "holds", reading="first"))
    after["clauses"].append(clause("outvoted-open", "inconclusive", reading="first"))
    return before, after


def texts() -> dict[str, str]:
    """By the name of the file that holds it."""
    estimates = {
        "naive": {
            "attempts": Estimate(41.25, Interval(40.0, 42.5), 20),
            "loss USDT": Estimate(1234.5, Interval(1000, 1500), 20),
        },
        "budget": {"attempts": Estimate(7.0, Interval(float("-inf"), float("inf")), 1)},
    }
    quiet = document("holds", readings=[], reasons=[])
    quiet["intents"]["count"] = 0
    return {
        "verdict.txt": shown(render_verdict, document()),
        "quiet.txt": shown(render_verdict, quiet),
        "verdict.md": markdown(document(), "sha256:ab"),
        "quiet.md": markdown(quiet),
        "verdict.xml": junit(document()).decode(),
        "inconclusive.xml": junit(document("inconclusive")).decode(),
        "bake-off.txt": shown(render_bake_off, bake_off()),
        "one-scenario.txt": shown(render_bake_off, bake_off(("mixed",))),
        "bake-off.md": to_markdown(bake_off()),
        "cards.txt": shown(
            render_cards, [card("a"), card("b", time_to_flat=None, loss_usdt=1e6)], {"-1008": "-1008!"}
        ),
        "behaviours.txt": shown(render_behaviours, estimates),
        "difference.txt": shown(render_differences, differences(*two_runs())),
    }


@pytest.mark.parametrize("name", sorted(texts()))
def test_word_for_word(name: str) -> None:
    assert texts()[name] == (EXPECTED / name).read_text(encoding="utf-8")


def test_on_a_terminal_it_has_a_frame() -> None:
    out = io.StringIO()
    render_verdict(document(), Console(file=out, width=200, force_terminal=True, no_color=True))
    assert "─ fireexit ─" in out.getvalue()


def test_what_it_means_that_a_contract_holds() -> None:
    strict = document(contract={"name": "strict", "summary": ""})
    assert kept(strict) == "the fire exit stayed open"
    assert kept(document()) == "the contract is kept, read as admitted"
    assert kept(document(readings=[])) == "the contract is kept"


def test_two_runs_that_are_not_alike_say_so() -> None:
    before, after = two_runs()
    assert what_else_differs(before, after) == []
    after["run"] = {**after["run"], "seed": 8, "duration_s": 1.0}
    after["contract"] = {"name": "strict"}
    assert what_else_differs(before, after) == [
        "seed differs: 7 and 8",
        "duration_s differs: 12.5 and 1.0",
        "contract differs: docs-2025-10-23 and strict",
    ]
    assert undecided(differences(before, after), after) == ["open", "gone"]


def test_policies_are_ranked_by_what_they_hold_then_by_what_they_break() -> None:
    table = bake_off()
    assert ranked(["bad", "good"], table.scenarios, table.cells) == ["good", "bad"]
    assert [table.count("bad", result) for result in RESULTS] == [0, 1, 1]
    row = table.to_dict()
    assert row["ranking"] == [
        {"policy": "good", "holds": 2, "broken": 0, "inconclusive": 0},
        {"policy": "bad", "holds": 0, "broken": 1, "inconclusive": 1},
    ]
    assert [(cell["policy"], cell["scenario"], cell["broken"]) for cell in row["cells"]] == [
        ("good", "mixed", []),
        ("good", "deep-gate", []),
        ("bad", "mixed", ["no-leak", "goodput"]),
        ("bad", "deep-gate", []),
    ]


if __name__ == "__main__":
    for file, content in texts().items():
        (EXPECTED / file).write_text(content, encoding="utf-8")


def test_among_equals_who_wastes_least_engine_time_is_first_and_who_is_not_known_last() -> None:
    table = bake_off()
    cell = table.cells["good", "mixed"]

    def wasting(share: float | None) -> Cell:
        figures = {**cell.document["figures"], "wasted": share}
        return replace(cell, document={**cell.document, "figures": figures})

    shares = {"a": None, "b": 0.9, "c": 0.2, "d": 1.0}
    cells = {(name, "mixed"): wasting(share) for name, share in shares.items()}
    assert ranked(["a", "b", "c"], ["mixed"], cells) == ["c", "b", "a"]
    assert ranked(["d", "a"], ["mixed"], cells) == ["d", "a"], "unknown is as good as all of it"
    assert ranked(["a", "d"], ["mixed"], cells) == ["a", "d"]


def test_clocks_and_their_ticks() -> None:
    axis = Axis(0, 1200, 21 * 3600 + 50 * 60)
    assert axis.ticks() == [0, 600, 1200]
    assert [axis.clock(second) for second in axis.ticks()] == ["21:50", "22:00", "22:10"]
    assert [Axis(0, end, 1).ticks() for end in (1198, 1199)] == [[599], [599, 1199]]


def test_the_headline_of_an_invalid_run_names_no_clause() -> None:
    invalid = {"validity": {"faults": ["the exchange stood still"]}}
    lie = shown(render_verdict, document("broken", **invalid)).splitlines()[0]
    assert lie.startswith("BROKEN: what was refused for sure was executed; nothing else follows")
    nothing = shown(render_verdict, document("inconclusive", **invalid)).splitlines()[0]
    assert nothing == "INCONCLUSIVE: this run is invalid and decides nothing"
