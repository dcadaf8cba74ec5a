"""Ten million simulated orders over random scenarios, policies, phases and seeds: does everything add up?

    python -m studies.invariants [ORDERS]

After each case: money and positions are conserved, books and legs are what their orders say, Little's law
holds to the nanosecond, the journal replayed gives the venue's state, what clients saw is what the exchange
did. A case that fails is shrunk to the smallest scenario that shows it. Resumable: what has been tried is in
runs/soak/invariants.jsonl. The summary goes to docs/proof/invariants.json.
"""

from __future__ import annotations

import sys
from collections import Counter
from random import Random
from typing import Any, NamedTuple

import tomlkit

from fireexit.bake_off import sources_of
from judging.reading.ended import Collector, Ended, collect
from loadgen.drive.simulation import Records, replication_seed, simulate_records
from loadgen.scenarios import Scenario, bake_off_names, load_scenario
from loadgen.scenarios.scenario import document_of
from loadgen.scenarios.shrinking import Document, scenario_of, shrink
from loadgen.scenarios.terms import terms_of
from mock_exchange.engine import Engine
from mock_exchange.engine.requests import BUY, SELL
from mock_exchange.engine.risk import CONFLICT_RULES
from mock_exchange.errors import CLIENT_TIMEOUT, EPOCHS, Refused
from mock_exchange.gateway.policies import NAMES
from mock_exchange.replay import replay
from run_records.journal import OrderRow, StationRow, TradeRow
from studies.proof import Campaign

ORDERS = 10_000_000
SHRINK_TRIES = 200
CONDITIONS: tuple[dict[str, Any], ...] = (
    {"slots": 3},
    {"deadline_ms": 40},
    {"service": {"law": "exponential", "mean_ms": 20}},
    {"handling": {"law": "constant", "mean_ms": 1}},
    {"replica_check": True, "replica_lag_ms": 50},
    {"replica_check": True, "replica": "unavailable"},
    {"lying_share": 0.2},
    {"front_end": "refusing"},
    {"front_end": "gone"},
    {"backend_link": "down"},
    {"backend_timeout_ms": 30},
    {"engine": "paused"},
    {"engine": "paused", "expired": "dropped"},
    {"house": "withdrawn"},
    {"lost_nodes": [0]},
)
"""Of phases; what a venue of that scenario cannot have, the case goes without."""


class Case(NamedTuple):
    """A scenario document, the policy, and the seed of its traffic."""

    document: Document
    policy: str
    seed: int


def drawn(number: int) -> Case:
    """A shipped scenario, cut and pressed, with phases of its own."""
    draw = Random(f"invariants/{number}")
    name = draw.choice(bake_off_names())
    scenario = load_scenario(name, settings={"rate": str(draw.choice((0.5, 1, 2, 4)))})
    document = document_of(scenario)
    length = draw.uniform(1.0, 6.0)
    document["time_scale"] = document.get("time_scale", 1.0) * length / document["duration_s"]
    document["rate_limits_intended"] = True
    document["venue"] = {
        **document["venue"],
        "epoch": draw.choice(EPOCHS),
        "conflict_rule": draw.choice(CONFLICT_RULES),
        "marking": draw.choice(("plan", "median")),
    }
    traders = document["traders"]
    document["traders"] = [row for row in traders if draw.random() < 0.8] or traders
    at = 0.0
    for _ in range(draw.randrange(4)):
        at += draw.uniform(0.05, 0.3) * document["duration_s"]
        phase = {"at_s": round(at, 3), "name": f"at {at:.2f}", **draw.choice(CONDITIONS)}
        if scenario_of({**document, "phases": [*document.get("phases", []), phase]}) is not None:
            document["phases"] = [*document.get("phases", []), phase]
    return Case(document, draw.choice(list(NAMES)), draw.randrange(1_000_000))


def tried(case: Case) -> tuple[int, list[str]]:
    """How many requests were sent, and what does not add up. Nothing of both for what is no scenario."""
    scenario = scenario_of(case.document)
    if scenario is None:
        return 0, []
    try:
        records = simulate_records(scenario, case.policy, replication_seed(case.seed, 0), scenario.duration_s)
    except Refused:  # its accounts and books cannot be set up
        return 0, []
    return records.sent, faults_of(records, scenario)


def faults_of(records: Records, scenario: Scenario) -> list[str]:
    """What does not add up, by kind."""
    rows = records.journal.rows
    try:
        engine = replay(rows)
    except Refused as refusal:
        return [f"replay: the engine refuses with {refusal.code} what it has done"]
    wrong = [*_conservation(engine), *_books(engine), *_fills(rows)]
    if engine.state_hash() != records.engine.state_hash():
        wrong.append("replay: another state than the venue's")
    wrong += [
        f"little: {row.name}" for row in rows if isinstance(row, StationRow) and row.area_ns != row.waited_ns
    ]
    compared = _Compared({row.key for row in records.attempts.rows if row.leg})
    collect(sources_of(records), terms_of(scenario, scenario.duration_s), [compared])
    return sorted({*wrong, *compared.wrong})


def _conservation(engine: Engine) -> list[str]:
    wrong = []
    if engine.money() != engine.deposits:
        wrong.append("money: not conserved")
    for market in engine.markets:
        if sum(leg.amount for leg in market.holders) != 0:
            wrong.append("positions: do not add up to nothing")
        held = {
            leg
            for account in engine.accounts.values()
            for leg in account.legs_of(market.symbol)
            if leg.amount
        }
        if held != set(market.holders):
            wrong.append("positions: the market does not know its holders")
    return wrong


def _books(engine: Engine) -> list[str]:
    """Levels are what their orders say, no book is crossed, and every leg sums its open orders."""
    wrong = []
    resting: dict[int, Any] = {}
    for market in engine.markets:
        bid, ask = market.best_price(BUY), market.best_price(SELL)
        if bid is not None and ask is not None and bid >= ask:
            wrong.append("book: crossed")
        for side in (market.bids, market.asks):
            for level in side.levels():
                if level.total != sum(order.remaining for order in level.orders.values()):
                    wrong.append("book: a level is not the sum of its orders")
                resting.update(level.orders)
        waiting = set(market.triggers.pending)
        resting.update(dict.fromkeys(waiting))
    known = {number for account in engine.accounts.values() for number in account.orders}
    if known != set(resting):
        wrong.append("book: the orders in books are not those of accounts")
    for account in engine.accounts.values():
        for leg in account.legs.values():
            sums: Counter[int] = Counter()
            for order in leg.orders.values():
                sums[order.side] += order.remaining
            if (leg.bid_quantity, leg.ask_quantity) != (sums[BUY], sums[SELL]):
                wrong.append("leg: does not sum its orders")
            if leg.reducing_orders != sum(order.reduce_only for order in leg.orders.values()):
                wrong.append("leg: does not count its reducing orders")
    return wrong


def _fills(rows: list[Any]) -> list[str]:
    """No order trades more than it asked for, and what a taker's answer says it has traded it has."""
    traded: Counter[int] = Counter()
    as_taker: Counter[int] = Counter()
    for row in rows:
        if isinstance(row, TradeRow):
            traded[row.taker_order] += row.quantity
            traded[row.maker_order] += row.quantity
            as_taker[row.taker_order] += row.quantity
    wrong = []
    for row in rows:
        # a conditional one trades when it triggers, after its answer
        if isinstance(row, OrderRow) and not row.code and not row.terms:
            if row.filled != as_taker[row.order_id]:
                wrong.append("fills: an answer tells of other executions than the trades")
            if traded[row.order_id] > row.quantity:
                wrong.append("fills: more than was ordered")
    return wrong


class _Compared(Collector):
    """What clients saw beside what the exchange did. `batches` are the keys of requests with several legs,
    which are answered together."""

    def __init__(self, batches: set[str | int]) -> None:
        self._batches = batches
        self.wrong: set[str] = set()

    def count(self, ended: Ended) -> None:
        row, seen = ended.row, ended.seen
        if seen is None:
            self.wrong.add("clients: an attempt is not in the journal")
        elif row.code == CLIENT_TIMEOUT:
            return
        elif row.key in self._batches:
            if row.code != seen.code or row.answered < seen.at:
                self.wrong.add("clients: another answer to a leg than the exchange gave")
        elif (row.http, row.code, row.answered) != (seen.http, seen.code, seen.at):
            self.wrong.add("clients: another answer than the exchange gave")


def smallest(case: Case, fault: str) -> Document:
    """The smallest scenario that shows the same kind of fault."""
    return shrink(
        case.document, lambda document: fault in tried(case._replace(document=document))[1], SHRINK_TRIES
    ).document


def summary(rows: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "orders": sum(row["sent"] for row in rows),
        "cases": len(rows),
        "scenarios": len({row["scenario"] for row in rows}),
        "policies": len({row["policy"] for row in rows}),
        "phases": sum(row["phases"] for row in rows),
        "faults": [row for row in rows if row["faults"]],
    }


def main(orders: int = ORDERS) -> int:
    """Try until so many have been sent. 1 if anything did not add up."""
    campaign = Campaign("invariants")
    sent = sum(row["sent"] for row in campaign.rows)
    while sent < orders:
        case = drawn(len(campaign.rows))
        new, faults = tried(case)
        sent += new
        row: dict[str, Any] = {
            "scenario": case.document["name"],
            "policy": case.policy,
            "phases": len(case.document.get("phases", [])),
            "sent": new,
            "faults": faults,
        }
        if faults:
            row |= {"seed": case.seed, "smallest": tomlkit.dumps(smallest(case, faults[0]))}
        campaign.add(**row)
    return 1 if campaign.told(summary)["faults"] else 0


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else ORDERS))
