"""What the page says of a verdict written by hand: banner, sentences and clauses, word for word."""

from __future__ import annotations

import re
from typing import Any

from judging.report.page import words
from judging.report.page.figures import Documents
from run_records.run import TRUSTED
from tests.report.handmade import document, report


def documents(**more: Any) -> Documents:
    verdict = document(**more)
    for name in ("opening", "reducing", "cancel"):
        verdict["classes"][name].update({"rate-limit": 2, "malformed": 0})
    return Documents(verdict=verdict, report=report(), compared=[])


def plain(value: Any) -> str:
    """The text that a reader sees."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", str(value))).strip()


def test_the_banner() -> None:
    shown = {key: plain(value) for key, value in words.banner_view(documents()).items()}
    assert shown == {
        "result": "broken",
        "headline": "The promise is broken",
        "means": "At least one clause of the contract is broken, beyond what chance explains.",
        "whole_runs": "",
        "scenario": "mixed",
        "policy": "exempt",
        "warnings": "[]",
        "contract": "docs-2025-10-23",
        "replications": "20",
        "duration": "12.5",
        "how": "in virtual time",
        "seed": "7",
    }
    held = documents()
    held.at("verdict")["result"] = "holds"
    told = "1 of 59 runs fell short; more than 7.79 % is ruled out"
    assert plain(words.banner_view(held)["whole_runs"]) == told
    over_sockets = documents()
    over_sockets.at("verdict")["run"]["mode"] = "load"
    assert words.banner_view(over_sockets)["how"] == "over sockets"


def test_where_the_code_ran_and_an_early_end_are_said_first() -> None:
    told = documents()
    told.at("verdict")["run"].update(policy="mine.py", policy_code=TRUSTED)
    told.at("verdict")["stop"] = {"rule": "early", "planned": 20, "made": 3, "spent": 0.01}
    shown = words.banner_view(told)
    assert plain(shown["policy"]) == "mine.py (trusted code)"
    assert [sentence.split(":")[0] for sentence in shown["warnings"]] == [
        "The policy is trusted code",
        "Ended after 3 of 20 planned runs, as declared before the first",
    ]
    told.at("verdict")["result"] = "inconclusive"
    ended = words.banner_view(told)["warnings"][-1]
    assert ended == "Ended after 3 of 20 planned runs, although nothing was decided."


def test_in_short() -> None:
    shown = words.short_view(documents())
    told = ("share", "accepted", "attempts")
    assert [(row["what"], *(plain(row[key]) for key in told)) for row in shown["groups"]] == [
        ("orders that claim to reduce", "99.00 %", "990", "1,000"),
        ("orders that open", "40.50 %", "5,000", "12,345"),
    ]
    assert [[(plain(count), why) for count, why in row["lost"]] for row in shown["groups"]] == [
        [("10", "without a known answer"), ("2", "over a rate limit")],
        [
            ("7,000", "refused for want of capacity"),
            ("345", "rightly refused for the state of the account"),
            ("2", "over a rate limit"),
        ],
    ]
    assert (plain(shown["decisions"]), plain(shown["served"])) == ("1,234", "1,200")
    quiet = documents()
    quiet.at("verdict")["intents"].update(count=0, endings={})
    shown = words.short_view(quiet)
    assert (shown["decisions"], shown["served"]) == (None, None)


def test_every_clause() -> None:
    view = words.clauses_view(documents())
    assert plain(view["summary"]) == "what the documents promise"
    assert [(row["name"], plain(row["means"]), row["mark"]) for row in view["readings"]] == [
        ("admitted", "never shed", "✓ holds"),
        ("first", "served first", "✗ broken"),
    ]
    rows = [[plain(cell) for cell in row] for row in view["table"].rows]
    scenario, census = "the scenario (expectation)", "this run (census)"
    accepted, span = "exiting attempts accepted", "98.12 % … 99.51 %"
    some = ["99.00 %", "990 of 1,000", span]
    half, none = ["61.00 %", "61 of 100", "50.00 % … 70.00 %"], ["", "1,200 of 34,567"]
    shed, first = "no capacity on reducing orders no data", f"{accepted} openings went first"
    demand = "seconds with more offered than the venue can do"
    few = f"{accepted} too few"
    rare = "1 of 59 runs fell short; more than 7.79 % is ruled out, the worst with 92.31 % (number 7 )"
    little = f"{accepted} 0.99 is too little 0 of 20 runs fell short; more than 13.91 % is ruled out"
    nobody = f"{accepted} nobody in this scenario feigns to reduce"
    assert rows == [
        ["condition: overload", "✓ holds", demand, *half, "≥ 10 %", "client", scenario],
        ["in", "✓ holds", f"{accepted} {rare}", *some, "≥ 98 %", "client", scenario],
        ["out", "✗ broken", little, *some, "≤ 1 %", "client", scenario],
        ["never", "… inconclusive", shed, *none, "census", "never", "client", census],
        ["nothing", "… inconclusive", few, *none, "no data", "never", "client", scenario],
        ["quiet", "– not asked", nobody, "", "", "", "≥ 98 %", "client", scenario],
        ["order", "✗ broken (other reading)", first, *some, "≥ 98 %", "client", scenario],
    ]
