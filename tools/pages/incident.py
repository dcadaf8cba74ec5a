"""Makes the pages about the re-enacted incident: runs it, keeps the figures in incident.json, writes the
pages.

`python -m tools.pages.incident seeds|counterfactual|sensitivity|pictures|page`, or all of them without a
word.
"""

from __future__ import annotations

import json
import math
import sys
import tempfile
from collections import Counter
from dataclasses import asdict
from pathlib import Path
from typing import Any

from fireexit.parallel import Workers
from judging.counting.reenactment import summary
from judging.report.incident_pictures import Axis, Panel, curves, strip
from loadgen.drive.simulation import simulate
from loadgen.scenarios import load_scenario
from mock_exchange.engine.symbols import symbols
from mock_exchange.errors import CODE_NAMES
from run_records.clients import AttemptRow, read_attempts
from run_records.journal import JOURNAL_FILE, JournalRow, MarketRow, PositionRow, read_journal
from run_records.words import OPENING, REDUCING, Meaning
from studies.counterfactual import compare
from studies.picture import Trial, reenactment_of
from studies.sensitivity import table
from tools.pages import DOCS
from tools.pages.incident_pages import sensitivity_page, story_page

SCENARIO = "incident-2025-10-11"
BASELINE = "undifferentiated"
POLICIES = (
    BASELINE,
    "exempt",
    "verified-exempt",
    "reserved",
    "strict-priority",
    "budgeted-lane",
    "privileged",
)
SEEDS = tuple(range(1, 21))
COUNTERFACTUAL_SEEDS = tuple(range(1, 7))
COUNTERFACTUAL_S = 2400.0
MAKERS_SEEDS = tuple(range(1, 13))
MAKERS_S = 800.0
SENSITIVITY_SEEDS = (1, 2)
SENSITIVITY_S = 300.0
OTHER_VALUES: dict[str, tuple[Any, ...]] = {
    "behaviour": ("back-off", "retry-budget", "cancel-resubmit", "query-first"),
    "scale": (0.25, 0.5),
    "leverage_to": (10,),
    "sdk_accounts": (1, 2),
    "ccxt_accounts": (1, 2),
    "asset_slowdown": (1.0, 4.0),
}
FINE = frozenset(("users", "slots", "gain"))
PICTURE_SEED = 1
LEGEND = {
    "0": ("accepted", Meaning.ACCEPTED),
    "-1008": ("-1008", Meaning.CAPACITY_REFUSED),
    "-503": ("503 of unknown fate", Meaning.UNKNOWN),
    "-1": ("client timeout", Meaning.UNKNOWN),
    "-4118": ("-4118", Meaning.STATE_REFUSED),
    "-2022": ("-2022", Meaning.STATE_REFUSED),
    "-2010": ("-2010", Meaning.STATE_REFUSED),
}
CODE_NAMES_AS_TEXT = {str(code): name for code, name in CODE_NAMES.items()}
FIVE_TWELVE_S = 5 * 3600 + 12 * 60
"""The run begins at 05:12 (UTC+8)."""
DATA = DOCS / "incident.json"


def _progress(what: str) -> Any:
    def report(share: float) -> None:
        sys.stderr.write(f"\r{what}: {share:.0%} ")
        sys.stderr.flush()

    return report


def _keep(name: str, value: Any) -> None:
    data = json.loads(DATA.read_text(encoding="utf-8")) if DATA.exists() else {}
    data[name] = value
    DATA.write_text(json.dumps(data, indent=1, sort_keys=True) + "\n", encoding="utf-8")


def seeds() -> None:
    """The scenario as it is, seeds 1 to 20."""
    duration = load_scenario(SCENARIO).duration_s
    trials = [Trial(SCENARIO, {}, BASELINE, seed, duration) for seed in SEEDS]
    with Workers() as each:
        runs = each(reenactment_of, trials, _progress("seeds"))
    _keep("seeds", summary(runs, CODE_NAMES_AS_TEXT))


def counterfactual() -> None:
    lines = compare(
        SCENARIO, {}, POLICIES, COUNTERFACTUAL_SEEDS, COUNTERFACTUAL_S, _progress("counterfactual")
    )
    _keep(
        "counterfactual",
        {
            "seeds": len(COUNTERFACTUAL_SEEDS),
            "duration_s": COUNTERFACTUAL_S,
            "lines": [_finite(asdict(line)) for line in lines],
        },
    )


def makers() -> None:
    """Market makers locked out like everybody, and let through, while it is worst."""
    lines = compare(SCENARIO, {}, (BASELINE, "privileged"), MAKERS_SEEDS, MAKERS_S, _progress("makers"))
    _keep("makers", {"seeds": len(MAKERS_SEEDS), "lines": [_finite(asdict(line)) for line in lines]})


def sensitivity() -> None:
    rows = table(
        SCENARIO, BASELINE, SENSITIVITY_SEEDS, SENSITIVITY_S, OTHER_VALUES, FINE, _progress("sensitivity")
    )
    _keep("sensitivity", {"duration_s": SENSITIVITY_S, "rows": [asdict(row) for row in rows]})


def pictures() -> None:
    """Three pictures of one run."""
    scenario = load_scenario(SCENARIO)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "run"
        simulate(scenario, BASELINE, PICTURE_SEED, scenario.duration_s, folder)
        attempts = list(read_attempts(folder / "attempts.jsonl"))
        journal = list(read_journal(folder / JOURNAL_FILE))
    axis = Axis(0, scenario.duration_s, FIVE_TWELVE_S)
    _strip(axis, attempts)
    _acceptance(axis, attempts)
    _price(axis, attempts, journal)


def _strip(axis: Axis, attempts: list[AttemptRow]) -> None:
    bots: dict[str, list[tuple[float, str]]] = {}
    for row in attempts:
        if row.trader.startswith("exit-bots") and row.klass is REDUCING:
            name = f"{row.trader.removeprefix('exit-bots-')} {row.symbol[:-4]}"
            bots.setdefault(name, []).append((row.intended / 1e9, str(row.code)))
    rows = sorted(bots.items(), key=lambda item: -len(item[1]))
    title = f"Every attempt of the trader's bots to reduce (seed {PICTURE_SEED}, times UTC+8)"
    (DOCS / "incident-strip.svg").write_text(strip(axis, rows, LEGEND, title), encoding="utf-8")


def _acceptance(axis: Axis, attempts: list[AttemptRow]) -> None:
    """Per minute: what was offered, and which part of it was accepted."""
    counts: dict[str, dict[int, list[int]]] = {"opening": {}, "reducing": {}, "bots": {}}
    for row in attempts:
        names = {OPENING: ["opening"], REDUCING: ["reducing"]}.get(row.klass, [])
        if row.klass is REDUCING and row.trader.startswith("exit-bots"):
            names = [*names, "bots"]
        for name in names:
            pair = counts[name].setdefault(row.intended // 60_000_000_000, [0, 0])
            pair[0] += row.meaning is Meaning.ACCEPTED
            pair[1] += 1

    def shares(name: str) -> list[tuple[float, float]]:
        return [(60 * m + 30, part / whole) for m, (part, whole) in sorted(counts[name].items())]

    offered = [(60 * m + 30, whole / 60) for m, (_, whole) in sorted(counts["opening"].items())]
    most = 100 * math.ceil(max(value for _, value in offered) / 100)
    accepted = [
        ("opening orders", "k-opening", shares("opening")),
        ("orders claimed to reduce", "k-reducing", shares("reducing")),
        ("the bots' orders to reduce", "k-bots", shares("bots")),
    ]
    panels: list[Panel] = [
        ("share accepted", accepted, (0.0, 1.0)),
        ("opening orders/s", [("offered", "k-offered", offered)], (0.0, float(most))),
    ]
    title = f"What was accepted, minute by minute (seed {PICTURE_SEED})"
    (DOCS / "incident-acceptance.svg").write_text(curves(axis, panels, title), encoding="utf-8")


def _price(axis: Axis, attempts: list[AttemptRow], journal: list[JournalRow]) -> None:
    """The price elsewhere and here, depth of the bids, and the position of the bot that tried longest."""
    tried = Counter((row.account, row.symbol) for row in attempts if row.trader.startswith("exit-bots"))
    ((account, name), _) = tried.most_common(1)[0]
    symbol = symbols()[name]
    market = [row for row in journal if isinstance(row, MarketRow) and row.symbol == name]
    unit = 10**symbol.price_precision
    index = [(row.at / 1e9, row.index / unit) for row in market]
    last = [(row.at / 1e9, row.last / unit) for row in market]
    bids = [(row.at / 1e9, row.bid_depth / 1e14) for row in market]
    held: list[tuple[float, float]] = []
    for row in journal:
        if isinstance(row, PositionRow) and row.account == account and row.symbol == name:
            if held:
                held.append((row.at / 1e9, held[-1][1]))
            held.append((row.at / 1e9, row.amount / 10**symbol.quantity_precision))
    held.append((axis.end, held[-1][1]))
    prices = [value for _, value in index + last]
    panels = [
        (
            f"{symbol.base}, USDT",
            [("elsewhere (the index)", "k-served", index), ("last price here", "k-opening", last)],
            (0.98 * min(prices), 1.02 * max(prices)),
        ),
        ("bids within 1 %, M", [("USDT on the bid side", "s4", bids)], (0.0, max(v for _, v in bids) * 1.05)),
        (
            f"{symbol.base} held",
            [(f"the bot {account}", "k-bots", held)],
            (0.0, 1.1 * max(v for _, v in held)),
        ),
    ]
    title = f"Price, depth and position: {symbol.base} (seed {PICTURE_SEED})"
    (DOCS / "incident-price.svg").write_text(curves(axis, panels, title), encoding="utf-8")


def page() -> None:
    data = json.loads(DATA.read_text(encoding="utf-8"))
    parameters = load_scenario(SCENARIO).parameters
    (DOCS / "incident.md").write_text(story_page(data), encoding="utf-8")
    (DOCS / "incident-sensitivity.md").write_text(sensitivity_page(data, parameters), encoding="utf-8")


def _finite(value: Any) -> Any:
    """Numbers that JSON can hold, to nine significant digits."""
    if isinstance(value, dict):
        return {key: _finite(item) for key, item in value.items()}
    if isinstance(value, float):
        return float(f"{value:.9g}") if math.isfinite(value) else None
    return value


STEPS = {
    "seeds": seeds,
    "counterfactual": counterfactual,
    "makers": makers,
    "sensitivity": sensitivity,
    "pictures": pictures,
    "page": page,
}

if __name__ == "__main__":
    for step in sys.argv[1:] or STEPS:
        STEPS[step]()
