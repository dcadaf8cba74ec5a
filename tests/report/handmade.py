"""Verdicts and bake-offs written by hand, small enough to know every word of what is made of them."""

from __future__ import annotations

from typing import Any

from judging.comparison import BakeOff, Cell

NO_REFUSAL: dict[str, Any] = {"refusals_by_code": {}}


def clause(name: str, result: str, measure: Any = "accepted-share", **more: Any) -> dict[str, Any]:
    return {
        "id": name,
        "result": result,
        "measure": measure,
        "speaks_of": "the scenario (expectation)",
        "vantage": "client",
        "numerator": 990,
        "denominator": 1000,
        "estimate": 0.99,
        "interval": [0.9812, 0.9951],
        "confidence": 0.95,
        "at_least": 0.98,
        "at_most": None,
        "minimum": 100,
        "reason": "",
        "group": "exiting",
        **more,
    }


def klass(attempts: int, accepted: int, **more: int) -> dict[str, Any]:
    kinds = dict.fromkeys(("capacity", "unknown", "false-state", "self-inflicted", "justified"), 0)
    share = accepted / attempts if attempts else None
    return {
        "attempts": attempts,
        "accepted": accepted,
        **kinds,
        **more,
        "accepted_share": share,
        **NO_REFUSAL,
    }


def document(result: str = "broken", **more: Any) -> dict[str, Any]:
    """One clause of each result, one of them of a reading that does not decide."""
    never = {"estimate": None, "interval": None, "at_least": None, "numerator": 1200, "denominator": 34567}
    return {
        "result": result,
        "reasons": ["the machine slept", "somebody | piped"],
        "run": {
            "scenario": "mixed",
            "policy": "exempt",
            "mode": "sim",
            "settings": {},
            "time_scale": 1.0,
            "seed": 7,
            "replications": 20,
            "duration_s": 12.5,
        },
        "contract": {"name": "docs-2025-10-23", "summary": "what the documents promise"},
        "readings": [
            {"name": "admitted", "means": "never shed", "result": "holds"},
            {"name": "first", "means": "served first", "result": "broken"},
        ],
        "precondition": clause(
            "overload",
            "holds",
            "excess-demand",
            numerator=61,
            denominator=100,
            estimate=0.61,
            at_least=0.1,
            interval=[0.5, 0.7],
            group="",
        ),
        "clauses": [
            clause("in", "holds"),
            clause("out", "broken", reason="0.99 is too little", at_least=None, at_most=0.01),
            clause(
                "never",
                "inconclusive",
                "throttled",
                **never,
                reason="no data",
                speaks_of="this run (census)",
                group="reducing",
            ),
            clause("nothing", "inconclusive", **never, reason="too few"),
            clause("quiet", "not asked", reason="nobody in this scenario feigns to reduce", interval=None),
            clause("order", "broken", reading="first", reason="openings went first"),
        ],
        "classes": {
            "opening": klass(12345, 5000, capacity=7000, justified=345),
            "reducing": klass(1000, 990, unknown=10),
            "cancel": klass(0, 0),
            "unmatched": 3,
        },
        "intents": {
            "count": 1234,
            "endings": {"served": 1200, "open": 34},
            "time_to_served_p50_s": 0.01234,
            "time_to_served_p99_s": None,
        },
        **more,
    }


def figures(share: float, wasted: float | None, recovery: float | None = None) -> dict[str, Any]:
    return {
        "classes": {"exiting": {"accepted_share": share}, "opening": {"accepted_share": None}},
        "intents": {"time_to_served_p50_s": 0.5, "time_to_served_p99_s": None},
        "figures": {
            "goodput": 0.875,
            "wasted": wasted,
            "starved": 0.25,
            "leak_over_openings": None,
            "recovery_s": recovery,
        },
    }


def bake_off(scenarios: tuple[str, ...] = ("mixed", "deep-gate")) -> BakeOff:
    results = {"good": ("holds", "holds"), "bad": ("broken", "inconclusive")}
    cells = {}
    for policy, row in results.items():
        for scenario, result in zip(("mixed", "deep-gate"), row, strict=True):
            broken = [clause("no-leak", "broken"), clause("goodput", "broken")] if result == "broken" else []
            told = figures(0.976 if policy == "good" else 0.05, 0.125, 3.0 if policy == "good" else None)
            cell = {**told, "result": result, "clauses": [clause("kept", "holds"), *broken]}
            cells[policy, scenario] = Cell(policy, scenario, cell)
    settings = {"contract": "strict", "seed": 7, "replications": 5}
    summaries = {"mixed": "a mixed crowd", "deep-gate": "a deep gate"}
    return BakeOff(["good", "bad"], list(scenarios), cells, settings, summaries)
