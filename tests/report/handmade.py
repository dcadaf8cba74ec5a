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


def whole_runs(fell_short: int, of: int) -> dict[str, Any]:
    ruled_out = {0: 0.139108, 1: 0.077925}[fell_short]
    return {"units": "runs", "fell_short": fell_short, "of": of, "ruled_out": ruled_out, "asked": 0.14}


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
        "validity": {"faults": []},
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
            clause("in", "holds", rarest=whole_runs(1, 59), worst={"number": 7, "estimate": 0.9231}),
            clause(
                "out",
                "broken",
                reason="0.99 is too little",
                at_least=None,
                at_most=0.01,
                rarest=whole_runs(0, 20),
            ),
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


def report() -> dict[str, Any]:
    """Ten steps of ten seconds, all that pictures of a page are drawn from."""
    share = {"accepted": 30, "attempts": 120}
    endings = [
        ("opening", "admission", -1008, -1008, False, 90),
        ("opening", "engine-queue", -503, -503, True, 10),
        ("opening", "filled", 0, 0, True, 100),
        ("reducing", "parameters", -1102, -1102, False, 5),
        ("reducing", "filled", 0, 0, True, 45),
        ("cancel", "canceled", 0, 0, True, 8),
    ]
    names = ("class", "stage", "answered", "seen", "executed", "attempts")
    return {
        "schema": "fireexit.report/2",
        "code_names": {"-503": "503 unknown"},
        "endings": [dict(zip(names, row, strict=True)) for row in endings],
        "first": {
            "reconciliation": {"attempts": 258},
            "meanings": {"-1008": "capacity-refused", "-503": "unknown", "-1102": "malformed"},
            "timeline": {
                "step_s": 10.0,
                "offered": {
                    "opening": [20] * 10,
                    "reducing": [5, 0, 5, 5, 5, 5, 5, 5, 10, 5],
                    "cancel": [1] * 10,
                },
                "accepted": {
                    "opening": [10] * 10,
                    "reducing": [5, 0, 5, 5, 4, 4, 5, 5, 2, 5],
                    "cancel": [1] * 10,
                },
                "served": [120, 80, 150, 150, 150, 150, 150, 150, 150, 10],
                "prices": {
                    "BTCUSDT": ["100.0", "99.0", None, "95.0", *["90.0"] * 6],
                    "ETHUSDT": [None, "50.0", *["51.5"] * 8],
                },
                "wanting_out": [0, 0, 1000, 2500, 2500, 2000, 1500, 1000, 500, 0],
            },
            "codes": {
                "opening": {"0": [10] * 10, "-1008": [9] * 10, "-503": [1] * 10},
                "reducing": {"0": [5, 0, *[5] * 8], "-1102": [0, 0, 5, *[0] * 7]},
            },
            "strip": {
                "trader": "exit-bots-1",
                "attempts": 7,
                "accepted": 1,
                "marks": [[1.5, -1008], [2.5, -1008], [30.25, -503], [50.0, -1008], [99.0, 0]],
            },
            "latency": {
                "opening": {
                    "count": 1000,
                    "percentiles": [[0, 0.0012], [50, 0.004], [99, 0.02], [99.9, 0.5], [100, 1.25]],
                },
                "reducing": {
                    "count": 40,
                    "percentiles": [[0, 0.002], [50, 0.003], [99, 0.004], [100, 0.0045]],
                },
            },
        },
        "rates": [],
        "share": share,
    }


def compared() -> list[dict[str, Any]]:
    return [
        {"policy": name, "result": result, "opening": {"share": one}, "reducing": {"share": other}}
        for name, result, one, other in (("exempt", "holds", 0.4, 1.0), ("none", "broken", 0.5, None))
    ]
