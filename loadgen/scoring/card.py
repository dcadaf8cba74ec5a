"""The scorecard of a bot: what its way of taking refusals has cost it.

Everything is read from the journal, which knows any account, ours or a user's. Where one of our bots has
records of its own, its own timeouts count as well: the exchange cannot see a client losing patience.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Container, Iterable
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

from loadgen.records import ATTEMPT_COLUMNS, ATTEMPTS_SCHEMA
from loadgen.scoring.goals import VISITOR, Goal
from loadgen.traders.verbs import UNKNOWN_CODES, WORTH_RETRYING
from mock_exchange.clock import NS_PER_S
from mock_exchange.gateway.attempt import CANCEL, UNCLASSIFIED
from mock_exchange.journal import COLUMNS
from mock_exchange.journal import SCHEMA as JOURNAL_SCHEMA
from mock_exchange.lines import read_lines
from mock_exchange.scaled import MONEY_UNIT

IN_THE_WAY = (-4118, -2022)
LIMITED = (418, 429)
TELLS_OF_ORDERS = frozenset(
    f"/fapi/v1/{name}" for name in ("order", "openOrder", "openOrders", "allOrders", "userTrades")
)
"""A question about a position does not say whether an order still rests."""
FLAT = "out"
OVERTAKEN = "overtaken"
OPEN = "still in"
NEVER = "never tried"

_A = {name: place for place, name in enumerate(ATTEMPT_COLUMNS)}
_O = {name: place for place, name in enumerate(COLUMNS["outcome"], 1)}


@dataclass(frozen=True, slots=True)
class Card:
    """One account's score. Times in seconds since its decision, money in USDT.

    - `attempts`: orders sent (cancels apart), `accepted` of them; `cancels` beside them, and `sweeps`: all
      orders of a symbol cancelled at once.
    - `ending`: out, overtaken by liquidation, still in, or never tried; `time_to_flat` if it is out.
    - `unknown`: attempts whose fate it was not told; `unresolved` of them were followed by another order, or
      by nothing, before it asked about its orders.
    - `in_own_way`: refusals with -4118 or -2022, which an own earlier order, or a position already gone,
      explains.
    - `a_minute`: attempts a minute while it was trying; `hasty`: how many of them within a second of the
      answer before.
    - `failed`: answers that the venue had no capacity, or of unknown fate; `insisted`: how many of them were
      followed by another order within a second.
    - `duplicate_usdt`: the most it ever held beyond what it meant to: on the opposite side, or sold in
      excess.
    - `throttled`: requests refused by a rate limit, `banned` of them with a ban (418).
    - `loss_usdt`: what its equity has lost from the decision to the end, but for what it meant to keep, which
      is valued at mark: an exit of the rest at mark, at once and for nothing, loses nothing. 0 if it never
      tried.
    """

    account: str
    behaviour: str
    symbol: str
    ending: str
    attempts: int
    accepted: int
    cancels: int
    sweeps: int
    time_to_flat: float | None
    unknown: int
    unresolved: int
    in_own_way: int
    a_minute: float
    hasty: int
    failed: int
    insisted: int
    duplicate_usdt: float
    throttled: int
    banned: int
    loss_usdt: float
    codes: dict[int, int]

    @property
    def served(self) -> bool:
        return self.ending == FLAT

    @property
    def retries_per_served(self) -> float | None:
        """Attempts beyond the first, for an intent that was served."""
        return float(max(0, self.attempts - 1)) if self.served else None


@dataclass(slots=True)
class _Trail:
    """What an account's records say, in order of time."""

    orders: list[tuple[int, int, int]] = field(default_factory=list)
    """(arrived or intended, answered, code)."""
    cancels: list[int] = field(default_factory=list)
    queries: list[int] = field(default_factory=list)
    equity: list[tuple[int, int]] = field(default_factory=list)
    positions: list[tuple[int, str, str, int]] = field(default_factory=list)
    forced: list[int] = field(default_factory=list)
    limited: list[int] = field(default_factory=list)
    """HTTP statuses of requests that a rate limit refused."""
    sweeps: int = 0


def cards_of(folder: Path, goals: list[Goal]) -> list[Card]:
    """Cards of one run's records, in the order of the goals."""
    trails = {goal.account: _Trail() for goal in goals}
    marks: dict[str, list[tuple[int, int]]] = {goal.symbol.name: [] for goal in goals}
    for row in read_lines(folder / "journal.jsonl", JOURNAL_SCHEMA):
        _read(row, trails, marks)
    ours = {goal.account for goal in goals if goal.behaviour != VISITOR}
    for account in ours:  # they wrote down what they saw; it takes the place of what the exchange saw
        trails[account].orders.clear()
        trails[account].cancels.clear()
    for path in sorted(folder.glob("attempts*.jsonl")) if ours else ():
        _read_attempts(read_lines(path, ATTEMPTS_SCHEMA), trails, ours)
    return [_card(goal, trails[goal.account], marks[goal.symbol.name]) for goal in goals]


def _read(row: list[Any], trails: dict[str, _Trail], marks: dict[str, list[tuple[int, int]]]) -> None:
    kind = row[0]
    if kind == "outcome":
        trail = trails.get(row[_O["account"]])
        if trail is not None:
            _read_outcome(row, trail)
    elif kind == "market":
        if row[2] in marks:
            marks[row[2]].append((row[1], row[4]))
    elif kind == "cancel_all":
        if row[4] in trails:
            trails[row[4]].sweeps += 1
    elif kind in ("equity", "position", "query", "forced") and row[2] in trails:
        trail = trails[row[2]]
        if kind == "equity":
            trail.equity.append((row[1], row[3] + row[4]))
        elif kind == "position":
            trail.positions.append((row[1], row[3], row[4], row[5]))
        elif kind == "query":
            if row[4] in LIMITED:
                trail.limited.append(row[4])
            elif row[3] in TELLS_OF_ORDERS:
                trail.queries.append(row[1])
        else:
            trail.forced.append(row[1])


def _read_outcome(row: list[Any], trail: _Trail) -> None:
    klass, code = row[_O["class"]], row[_O["code"]]
    if row[_O["http"]] in LIMITED:
        trail.limited.append(row[_O["http"]])
    if klass == CANCEL:
        trail.cancels.append(row[_O["arrived"]])
    elif klass != UNCLASSIFIED or code:
        trail.orders.append((row[_O["arrived"]], row[_O["at"]], code))


def _read_attempts(rows: Iterable[list[Any]], trails: dict[str, _Trail], ours: set[str]) -> None:
    for row in rows:
        account = row[_A["account"]]
        if account not in ours:
            continue
        if row[_A["class"]] == CANCEL:
            trails[account].cancels.append(row[_A["intended"]])
        else:
            trails[account].orders.append((row[_A["intended"]], row[_A["answered"]], row[_A["code"]]))


def _card(goal: Goal, trail: _Trail, marks: list[tuple[int, int]]) -> Card:
    decided = min((order[0] for order in trail.orders), default=-1)
    codes: dict[int, int] = {}
    for _, _, code in trail.orders:
        codes[code] = codes.get(code, 0) + 1
    unknown = [answered for _, answered, code in trail.orders if code in UNKNOWN_CODES]
    flat_at = _flat_at(goal, trail)
    overtaken = bool(trail.forced) and (flat_at is None or trail.forced[0] <= flat_at)
    ending = NEVER if decided < 0 else OVERTAKEN if overtaken else OPEN if flat_at is None else FLAT
    return Card(
        account=goal.account,
        behaviour=goal.behaviour,
        symbol=goal.symbol.name,
        ending=ending,
        attempts=len(trail.orders),
        accepted=codes.get(0, 0),
        cancels=len(trail.cancels),
        sweeps=trail.sweeps,
        time_to_flat=(flat_at - decided) / NS_PER_S if ending == FLAT and flat_at is not None else None,
        unknown=len(unknown),
        unresolved=_unresolved(trail, unknown),
        in_own_way=sum(codes.get(code, 0) for code in IN_THE_WAY),
        a_minute=_pace(trail.orders),
        hasty=_hasty(trail.orders),
        failed=sum(codes.get(code, 0) for code in WORTH_RETRYING),
        insisted=_hasty(trail.orders, WORTH_RETRYING),
        duplicate_usdt=_duplicate(goal, trail, marks),
        throttled=len(trail.limited),
        banned=trail.limited.count(418),
        loss_usdt=_loss(goal, trail, marks, decided),
        codes=dict(sorted(codes.items())),
    )


def _pace(orders: list[tuple[int, int, int]]) -> float:
    if len(orders) < 2:
        return float(len(orders))
    tried_for = max(answered for _, answered, _ in orders) - min(arrived for arrived, _, _ in orders)
    return len(orders) * 60 * NS_PER_S / max(tried_for, NS_PER_S)


def _hasty(orders: list[tuple[int, int, int]], after: Container[int] | None = None) -> int:
    """Orders within a second of the answer before, if that was one of `after`."""
    return sum(
        0 <= following[0] - before[1] < NS_PER_S and (after is None or before[2] in after)
        for before, following in pairwise(sorted(orders))
    )


def _flat_at(goal: Goal, trail: _Trail) -> int | None:
    """When the position was first as small as it was meant to be; positions are seen once a second."""
    enough = abs(goal.held) - goal.target
    for at, symbol, side, amount in trail.positions:
        if symbol == goal.symbol.name and side == goal.side and amount * goal.sign <= enough:
            return at
    return None


def _duplicate(goal: Goal, trail: _Trail, marks: list[tuple[int, int]]) -> float:
    """The most, at mark, that was held on the opposite side or had been sold beyond the target."""
    most = 0
    until = min(trail.forced, default=None)
    for at, symbol, side, amount in trail.positions:
        if symbol != goal.symbol.name or (until is not None and at >= until):
            continue
        left = amount * goal.sign
        too_much = abs(goal.held) - goal.target - left if side == goal.side else -left
        if too_much > 0:
            most = max(most, goal.symbol.notional(_mark_at(marks, at), too_much))
    return float(most / MONEY_UNIT)


def _mark_at(marks: list[tuple[int, int]], at: int) -> int:
    place = bisect_right(marks, at, key=lambda row: row[0])
    return marks[max(0, place - 1)][1] if marks else 0


def _loss(goal: Goal, trail: _Trail, marks: list[tuple[int, int]], decided: int) -> float:
    if decided < 0 or not trail.equity:
        return 0.0
    place = bisect_right(trail.equity, decided, key=lambda row: row[0])
    begins, equity = trail.equity[max(0, place - 1)]
    ends, left = trail.equity[-1]
    kept = goal.sign * (abs(goal.held) - goal.target)
    moved = goal.symbol.notional(_mark_at(marks, ends) - _mark_at(marks, begins), kept)
    return float((equity - left + moved) / MONEY_UNIT)


def _unresolved(trail: _Trail, unknown: list[int]) -> int:
    """How many unknown answers were not followed by a question about its orders before the next order."""
    arrivals = sorted(arrived for arrived, _, _ in trail.orders)
    queries = sorted(trail.queries)
    count = 0
    for answered in unknown:
        asked = bisect_left(queries, answered)
        following = bisect_right(arrivals, answered)
        if asked == len(queries) or (following < len(arrivals) and queries[asked] > arrivals[following]):
            count += 1
    return count
