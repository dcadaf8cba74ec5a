"""The scorecard of a bot: what its way of taking refusals has cost it.

Everything is read from the journal, which knows any account, ours or a user's. Where one of our bots has
records of its own, its own timeouts count as well: the exchange cannot see a client losing patience.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Callable, Container
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

from judging.counting.rates import in_order
from judging.reading.ended import Collector, Ended, Sources, collect
from judging.reading.kinds import SELF_STATE, STATE, Kind, kind_of
from run_records.clients import Code
from run_records.goals import VISITOR, Goal
from run_records.journal import (
    CancelAllRow,
    EquityRow,
    ForcedRow,
    MarketRow,
    OutcomeRow,
    PositionRow,
    QueryRow,
)
from run_records.scaled import MONEY_UNIT, notional
from run_records.terms import Terms
from run_records.units import NS_PER_S
from run_records.words import CANCEL, NO_CAPACITY, UNCLASSIFIED, Cause, Meaning

OWN_DOING = frozenset((STATE, SELF_STATE))
_LIMITS = frozenset((Cause.RATE_LIMIT, Cause.BAN))
FLAT = "out"
OVERTAKEN = "overtaken"
OPEN = "still in"
NEVER = "never tried"


class Order(NamedTuple):
    """An attempt as a scorecard looks at it; instants in nanoseconds."""

    arrived: int
    """When it was due, or, of somebody whose records are not at hand, when it reached the exchange."""
    answered: int
    meaning: Meaning
    kind: Kind
    code: Code


@dataclass(frozen=True, slots=True)
class Card:
    """One account's score. Times in seconds since its decision, money in USDT.

    - `attempts`: orders sent (cancels apart), `accepted` of them; `cancels` beside them, and `sweeps`: all
      orders of a symbol cancelled at once.
    - `ending`: out, overtaken by liquidation, still in, or never tried; `time_to_flat` if it is out.
    - `unknown`: attempts whose fate it was not told; `unresolved` of them were followed by another order, or
      by nothing, before it asked about its orders.
    - `in_own_way`: refusals for the state of the account that the engine thinks right: an own earlier order,
    or a
      position already gone, explains them.
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
    codes: dict[Code, int]

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

    orders: list[Order] = field(default_factory=list)
    cancels: list[int] = field(default_factory=list)
    questions: list[int] = field(default_factory=list)
    """When it asked what became of its orders."""
    equity: list[tuple[int, int]] = field(default_factory=list)
    positions: list[PositionRow] = field(default_factory=list)
    forced: list[int] = field(default_factory=list)
    limited: list[Cause] = field(default_factory=list)
    """Requests that a rate limit refused, and bans."""
    sweeps: int = 0


class _Trails(Collector):
    """Follows accounts through a run's records. Our own bots wrote down what they saw: that takes the place
    of what the exchange saw of them."""

    def __init__(self, goals: list[Goal]) -> None:
        self.of = {goal.account: _Trail() for goal in goals}
        self.marks: dict[str, list[tuple[int, int]]] = {goal.symbol: [] for goal in goals}
        self._ours = {goal.account for goal in goals if goal.behaviour != VISITOR}

    def watches(self) -> dict[type[Any], Callable[[Any], None]]:
        return {
            OutcomeRow: self._outcome,
            MarketRow: self._market,
            CancelAllRow: self._sweep,
            EquityRow: self._equity,
            PositionRow: self._position,
            QueryRow: self._query,
            ForcedRow: self._forced,
        }

    def count(self, ended: Ended) -> None:
        row = ended.row
        if row.account not in self._ours:
            return
        trail = self.of[row.account]
        if row.klass is CANCEL:
            trail.cancels.append(row.intended)
        else:
            trail.orders.append(Order(row.intended, row.answered, row.meaning, ended.kind, row.code))

    def _outcome(self, row: OutcomeRow) -> None:
        trail = self.of.get(row.account)
        if trail is None:
            return
        if row.cause in _LIMITS:
            trail.limited.append(row.cause)
        if row.account in self._ours:
            return
        if row.klass is CANCEL:
            trail.cancels.append(row.arrived)
        elif row.klass is not UNCLASSIFIED or row.meaning is not Meaning.ACCEPTED:
            kind = kind_of(row.meaning, row.judgement, row.stage)
            trail.orders.append(Order(row.arrived, row.at, row.meaning, kind, row.code))

    def _market(self, row: MarketRow) -> None:
        if row.symbol in self.marks:
            self.marks[row.symbol].append((row.at, row.mark))

    def _sweep(self, row: CancelAllRow) -> None:
        if row.account in self.of:
            self.of[row.account].sweeps += 1

    def _equity(self, row: EquityRow) -> None:
        if row.account in self.of:
            self.of[row.account].equity.append((row.at, row.wallet + row.unrealized))

    def _position(self, row: PositionRow) -> None:
        if row.account in self.of:
            self.of[row.account].positions.append(row)

    def _query(self, row: QueryRow) -> None:
        trail = self.of.get(row.account)
        if trail is None:
            return
        if row.cause in _LIMITS:
            trail.limited.append(row.cause)
        elif row.tells_of_orders:
            trail.questions.append(row.at)

    def _forced(self, row: ForcedRow) -> None:
        if row.account in self.of:
            self.of[row.account].forced.append(row.at)


def cards_of(folder: Path, terms: Terms, goals: list[Goal]) -> list[Card]:
    """Cards of one run's records, in the order of the goals. Raises UnreadableError, OSError."""
    return cards(Sources.of(folder), terms, goals)


def cards(sources: Sources, terms: Terms, goals: list[Goal]) -> list[Card]:
    """The same from rows at hand."""
    trails = _Trails(goals)
    collect(sources, terms, [trails])
    return [_card(goal, trails.of[goal.account], trails.marks[goal.symbol]) for goal in goals]


def _card(goal: Goal, trail: _Trail, marks: list[tuple[int, int]]) -> Card:
    orders = trail.orders
    decided = min((order.arrived for order in orders), default=-1)
    unknown = [order.answered for order in orders if order.meaning is Meaning.UNKNOWN]
    flat_at = _flat_at(goal, trail)
    overtaken = bool(trail.forced) and (flat_at is None or trail.forced[0] <= flat_at)
    ending = NEVER if decided < 0 else OVERTAKEN if overtaken else OPEN if flat_at is None else FLAT
    codes = Counter(order.code for order in orders)
    return Card(
        account=goal.account,
        behaviour=goal.behaviour,
        symbol=goal.symbol,
        ending=ending,
        attempts=len(orders),
        accepted=sum(order.meaning is Meaning.ACCEPTED for order in orders),
        cancels=len(trail.cancels),
        sweeps=trail.sweeps,
        time_to_flat=(flat_at - decided) / NS_PER_S if ending == FLAT and flat_at is not None else None,
        unknown=len(unknown),
        unresolved=_unresolved(trail, unknown),
        in_own_way=sum(order.kind in OWN_DOING for order in orders),
        a_minute=_pace(orders),
        hasty=_hasty(orders),
        failed=sum(order.meaning in NO_CAPACITY for order in orders),
        insisted=_hasty(orders, NO_CAPACITY),
        duplicate_usdt=_duplicate(goal, trail, marks),
        throttled=len(trail.limited),
        banned=trail.limited.count(Cause.BAN),
        loss_usdt=_loss(goal, trail, marks, decided),
        codes={code: codes[code] for code in sorted(codes, key=in_order)},
    )


def _pace(orders: list[Order]) -> float:
    if len(orders) < 2:
        return float(len(orders))
    tried_for = max(order.answered for order in orders) - min(order.arrived for order in orders)
    return len(orders) * 60 * NS_PER_S / max(tried_for, NS_PER_S)


def _hasty(orders: list[Order], after: Container[Meaning] | None = None) -> int:
    """Orders within a second of the answer before, if that meant one of `after`."""
    in_time = sorted(orders, key=lambda order: (order.arrived, order.answered, *in_order(order.code)))
    return sum(
        0 <= following.arrived - before.answered < NS_PER_S and (after is None or before.meaning in after)
        for before, following in pairwise(in_time)
    )


def _flat_at(goal: Goal, trail: _Trail) -> int | None:
    """When the position was first as small as it was meant to be; positions are seen once a second."""
    enough = abs(goal.held) - goal.target
    for row in trail.positions:
        if row.symbol == goal.symbol and row.side == goal.side and row.amount * goal.sign <= enough:
            return row.at
    return None


def _duplicate(goal: Goal, trail: _Trail, marks: list[tuple[int, int]]) -> float:
    """The most, at mark, that was held on the opposite side or had been sold beyond the target."""
    most = 0
    until = min(trail.forced, default=None)
    for row in trail.positions:
        if row.symbol != goal.symbol or (until is not None and row.at >= until):
            continue
        left = row.amount * goal.sign
        too_much = abs(goal.held) - goal.target - left if row.side == goal.side else -left
        if too_much > 0:
            most = max(most, _notional(goal, _mark_at(marks, row.at), too_much))
    return most / MONEY_UNIT


def _notional(goal: Goal, price: int, quantity: int) -> int:
    """In 1e-8 USDT."""
    return notional(price, quantity, goal.price_precision + goal.quantity_precision)


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
    moved = _notional(goal, _mark_at(marks, ends) - _mark_at(marks, begins), kept)
    return (equity - left + moved) / MONEY_UNIT


def _unresolved(trail: _Trail, unknown: list[int]) -> int:
    """How many unknown answers were not followed by a question about its orders before the next order."""
    arrivals = sorted(order.arrived for order in trail.orders)
    questions = sorted(trail.questions)
    count = 0
    for answered in unknown:
        asked = bisect_left(questions, answered)
        following = bisect_right(arrivals, answered)
        if asked == len(questions) or (following < len(arrivals) and questions[asked] > arrivals[following]):
            count += 1
    return count
