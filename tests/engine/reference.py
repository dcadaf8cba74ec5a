"""A naive engine: the same rules written down once more, as plainly as possible and without any index.

One list of orders, floats nowhere, everything recomputed from scratch. It knows LIMIT and MARKET orders of
all times in force, reduce-only in both position modes, conditional market orders, self-trade prevention,
amendments, leverage, margin, marks, liquidation and take-over. It is what the real engine is held
against; where both agree on a wrong rule, only the tests by example help.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction

from mock_exchange.engine.symbols import Symbol

LIVE = ("NEW", "PARTIALLY_FILLED")
FEES = {"taker": Fraction(4, 10_000), "maker": Fraction(2, 10_000)}


class No(Exception):
    """A refusal with its code."""


def ceil(value: Fraction) -> int:
    return -(-value.numerator // value.denominator)


@dataclass(eq=False)
class Row:
    """An order."""

    number: int
    who: str
    side: int
    kind: str
    tif: str
    quantity: int
    price: int
    leg: str
    reduce: bool
    stp: str
    stop: int = 0
    filled: int = 0
    quote: int = 0
    status: str = "NEW"
    waiting: bool = False
    resting_since: int = 0

    @property
    def left(self) -> int:
        return self.quantity - self.filled


@dataclass
class Position:
    """An amount and what it cost, in 1e-8 USDT."""

    amount: int = 0
    cost: int = 0


@dataclass
class Person:
    wallet: int
    hedge: bool = False
    leverage: int = 20
    unlimited: bool = False
    liquidating: bool = False
    legs: dict[str, Position] = field(default_factory=dict)


class Reference:
    """One symbol. `rule` is how resting reduce-only orders and a new one are reconciled."""

    def __init__(self, symbol: Symbol, mark: int, rule: str) -> None:
        self.symbol, self.mark, self.rule, self.last = symbol, mark, rule, 0
        self.people: dict[str, Person] = {"insurance-fund": Person(0, unlimited=True)}
        self.orders: list[Row] = []
        self.fees = 0
        self._time = 0
        self._next = 1
        # in which order things began matters where several are due at once
        self._directions: list[bool] = []
        self._began: dict[str, int] = {}
        self._several: dict[str, bool] = {}
        self._held: dict[tuple[str, str], int] = {}

    # -- arithmetic -------------------------------------------------------------------------------

    def value(self, price: int, quantity: int) -> int:
        return price * quantity * self.symbol.money_factor

    def position(self, who: str, leg: str) -> Position:
        return self.people[who].legs.setdefault(leg, Position())

    def closable(self, who: str, leg: str, side: int) -> int:
        amount = self.position(who, leg).amount
        return abs(amount) if amount * side < 0 else 0

    def open_of(self, who: str, leg: str | None = None, side: int = 0) -> list[Row]:
        return [
            row
            for row in self.orders
            if row.who == who and row.status in LIVE and leg in (None, row.leg) and side in (0, row.side)
        ]

    def exposure(self, who: str, leg: str, more: tuple[int, int] = (0, 0)) -> int:
        held = self.value(self.mark, self.position(who, leg).amount)
        mine = [row for row in self.open_of(who, leg) if not row.reduce]
        bids, asks = (
            sum(self.value(row.price or row.stop, row.left) for row in mine if row.side == side)
            for side in (1, -1)
        )
        return max(abs(held + bids + more[0]), abs(held - asks - more[1]))

    def initial(self, who: str, leg: str) -> int:
        return ceil(Fraction(self.exposure(who, leg), self.people[who].leverage))

    def profit(self, who: str, leg: str) -> int:
        position = self.position(who, leg)
        return self.value(self.mark, position.amount) - position.cost

    def balance(self, who: str) -> int:
        return self.people[who].wallet + sum(self.profit(who, leg) for leg in self.people[who].legs)

    def available(self, who: str) -> int:
        return self.balance(who) - sum(self.initial(who, leg) for leg in self.people[who].legs)

    def maintenance(self, who: str) -> int:
        return sum(self.maintenance_of(who, leg) for leg in self.people[who].legs)

    def maintenance_of(self, who: str, leg: str) -> int:
        notional = abs(self.value(self.mark, self.position(who, leg).amount))
        bracket = next((b for b in self.symbol.brackets if notional <= b.cap), self.symbol.brackets[-1])
        return max(0, notional * bracket.mmr // 1_000_000 - bracket.cum)

    # -- commands ---------------------------------------------------------------------------------

    def place(
        self,
        who: str,
        side: int,
        kind: str,
        tif: str,
        quantity: int,
        price: int,
        flag: bool,
        leg: str,
        stp: str,
        stop: int = 0,
    ) -> Row:
        person = self.people[who]
        if person.liquidating:
            raise No(-2023)
        reduce = flag if leg == "BOTH" else (leg == "LONG") == (side < 0)
        self.check_filters(side, kind, quantity, price, reduce, stop)
        if stop and sum(row.waiting for row in self.open_of(who)) >= 10:
            raise No(-4045)
        if reduce:
            self.check_reduce(who, leg, side, kind, quantity, price, stop)
        else:
            self.check_margin(who, leg, side, quantity, price)
        if stop:
            if self.triggers(side, kind, stop):
                raise No(-2021)
        else:
            self.check_book(who, leg, side, kind, tif, quantity, price, reduce)
        if stop and (rising := (side > 0) == kind.startswith("STOP")) not in self._directions:
            self._directions.append(rising)
        row = Row(
            self._next, who, side, kind, tif, quantity, price, leg, reduce, stp, stop, waiting=bool(stop)
        )
        self._next += 1
        self.orders.append(row)
        if not stop:
            self.execute(row)
        self.cascade()
        return row

    def cancel(self, who: str, number: int) -> None:
        rows = [row for row in self.open_of(who) if row.number == number]
        if not rows:
            raise No(-2011)
        rows[0].status = "CANCELED"

    def amend(self, who: str, number: int, quantity: int, price: int) -> None:
        if not (rows := [row for row in self.open_of(who) if row.number == number]):
            raise No(-2013)
        row = rows[0]
        if self.people[who].liquidating:
            raise No(-2023)
        if row.waiting:
            raise No(-5025)
        if (price, quantity) == (row.price, row.quantity):
            raise No(-5027)
        try:
            self.check_filters(row.side, "LIMIT", quantity, price, row.reduce, 0)
        except No as no:
            raise No(-5029 if no.args[0] == -4164 else no.args[0]) from None
        best = self.best(-row.side)
        crosses = row.tif == "GTX" and best is not None and best * row.side <= price * row.side
        if quantity <= row.filled or crosses:
            row.status = "CANCELED"
            return
        left, before = quantity - row.filled, self.exposure(who, row.leg)
        status, row.status = row.status, "HIDDEN"
        try:
            if row.reduce:
                self.check_reduce(who, row.leg, row.side, "LIMIT", left, price, 0)
            else:
                notional = self.value(price, left)
                after = self.exposure(who, row.leg, (notional, 0) if row.side > 0 else (0, notional))
                if after > before:
                    self.check_margin(who, row.leg, row.side, left, price)
        finally:
            row.status = status
        row.price, row.quantity, row.status = price, quantity, "HIDDEN"
        self.execute(row, "PARTIALLY_FILLED" if row.filled else "NEW")
        self.cascade()

    def set_leverage(self, who: str, leverage: int) -> None:
        person = self.people[who]
        if not 1 <= leverage <= self.symbol.brackets[0].leverage:
            raise No(-4028)
        exposures = [self.exposure(who, leg) for leg in person.legs]
        if any(exposure > self.allowed(leverage) for exposure in exposures):
            raise No(-2027)
        more = sum(ceil(Fraction(e, leverage)) - ceil(Fraction(e, person.leverage)) for e in exposures)
        if more > 0 and self.available(who) < more:
            raise No(-2028)
        person.leverage = leverage

    def allowed(self, leverage: int) -> int:
        fitting = [b.cap for b in self.symbol.brackets if b.leverage >= leverage]
        return fitting[-1] if fitting else self.symbol.brackets[-1].cap

    def set_mark(self, mark: int) -> None:
        self.mark = mark

    def tick(self) -> None:
        self.cascade()
        under_way = [who for who, person in self.people.items() if person.liquidating]
        holders = [who for who, person in self.people.items() if not person.unlimited]
        for who in sorted(under_way, key=self._began.__getitem__):
            self.finish(who)
        for who in holders:
            flat = all(position.amount == 0 for position in self.people[who].legs.values())
            if flat and self.people[who].wallet < 0:
                self.pay(who, -self.people[who].wallet)
        for who in self.holders_in_order(holders):
            if not self.people[who].liquidating and self.balance(who) < self.maintenance(who):
                self.begin(who)
        self.cascade()

    def forget_the_dead(self) -> None:
        """Only live rows are ever looked at again."""
        self.orders = [row for row in self.orders if row.status in LIVE]

    # -- checks -----------------------------------------------------------------------------------

    def check_filters(self, side: int, kind: str, quantity: int, price: int, reduce: bool, stop: int) -> None:
        symbol = self.symbol
        if kind == "LIMIT" and price % symbol.tick:
            raise No(-4014)
        if quantity < symbol.min_quantity:
            raise No(-4004 if quantity > 0 else -4003)
        largest = symbol.max_quantity if kind == "LIMIT" else symbol.market_max_quantity
        if quantity > largest:
            raise No(-4005)
        at = price or self.mark
        if not stop and side > 0 and at * 1_000_000 > self.mark * symbol.multiplier_up:
            raise No(-4016)
        if not stop and side < 0 and at * 1_000_000 < self.mark * symbol.multiplier_down:
            raise No(-4024)
        if self.value(at, quantity) < symbol.min_notional and not reduce:
            raise No(-4164)

    def check_reduce(
        self, who: str, leg: str, side: int, kind: str, quantity: int, price: int, stop: int
    ) -> None:
        closable = self.closable(who, leg, side)
        if closable == 0:
            raise No(-2022)
        if stop:
            return
        mine = [row for row in self.open_of(who, leg, side) if not row.waiting]
        reducing = sum(row.left for row in mine if row.reduce)
        better = sum(r.left for r in mine if r.reduce and kind == "LIMIT" and r.price * side > price * side)
        ordinary = sum(row.left for row in mine if not row.reduce)
        if better >= closable:
            raise No(-2022)
        if (
            reducing
            and reducing + quantity > closable
            and not (kind == "MARKET" and self.rule == "knock_out")
        ):
            raise No(-4118)
        excess = reducing + ordinary + quantity - closable
        if ordinary and excess > 0:
            room = self.available(who) * self.people[who].leverage
            if not self.people[who].unlimited and room < self.value(self.mark, excess):
                raise No(-4118)

    def check_margin(self, who: str, leg: str, side: int, quantity: int, price: int) -> None:
        person = self.people[who]
        if person.unlimited:
            return
        best = self.best(-side) or 0
        notional = self.value(price or max(self.mark, best), quantity)
        before = self.exposure(who, leg)
        after = self.exposure(who, leg, (notional, 0) if side > 0 else (0, notional))
        if after <= before:
            return
        if after > self.allowed(person.leverage):
            raise No(-2027)
        if self.available(who) < ceil(Fraction(after, person.leverage)) - ceil(
            Fraction(before, person.leverage)
        ):
            raise No(-2019)

    def check_book(
        self, who: str, leg: str, side: int, kind: str, tif: str, quantity: int, price: int, reduce: bool
    ) -> None:
        best = self.best(-side)
        if kind == "MARKET":
            if best is None or best * side > self.bound(side) * side:
                raise No(-4131)
        elif tif == "GTX" and best is not None and best * side <= price * side:
            raise No(-5022)
        elif tif == "FOK":
            within = [row for row in self.resting(-side) if row.price * side <= price * side]
            if (reduce and self.closable(who, leg, side) < quantity) or self.certain(within) < quantity:
                raise No(-5021)

    def certain(self, rows: list[Row]) -> int:
        """What surely trades: reduce-only rows up to what their position leaves after ordinary ones."""
        total = sum(row.left for row in rows if not row.reduce)
        for who, leg, side in {(row.who, row.leg, row.side) for row in rows if row.reduce}:
            same = [row for row in rows if (row.who, row.leg) == (who, leg)]
            ordinary = sum(row.left for row in same if not row.reduce)
            resting = sum(row.left for row in same if row.reduce)
            total += min(resting, max(0, self.closable(who, leg, side) - ordinary))
        return total

    # -- matching ---------------------------------------------------------------------------------

    def resting(self, side: int) -> list[Row]:
        """Live rows on the book, best first."""
        rows = [row for row in self.orders if row.side == side and row.status in LIVE and not row.waiting]
        return sorted(rows, key=lambda row: (-row.price * side, row.resting_since))

    def best(self, side: int) -> int | None:
        rows = self.resting(side)
        return rows[0].price if rows else None

    def bound(self, side: int) -> int:
        return self.mark * (1_000_000 + side * self.symbol.market_take_bound) // 1_000_000

    def execute(self, row: Row, status: str = "NEW") -> None:
        row.status = "TAKING"
        limit = self.bound(row.side) if row.kind == "MARKET" else row.price
        self.match(row, limit)
        if row.status == "EXPIRED_IN_MATCH" or row.left == 0:
            row.status = row.status if row.left else "FILLED"
        elif (
            row.kind == "MARKET"
            or row.tif in ("IOC", "FOK")
            or (row.reduce and self.closable(row.who, row.leg, row.side) == 0)
        ):
            row.status = "EXPIRED"
        else:
            self._time += 1
            row.resting_since = self._time
            row.status = "PARTIALLY_FILLED" if row.filled else status

    def match(self, row: Row, limit: int) -> None:
        while row.left:
            rows = self.resting(-row.side)
            if not rows or rows[0].price * row.side > limit * row.side:
                return
            other = rows[0]
            if other.who == row.who and row.stp != "NONE" and row.tif != "FOK":
                if row.stp != "EXPIRE_TAKER":
                    other.status = "EXPIRED_IN_MATCH"
                if row.stp != "EXPIRE_MAKER":
                    row.status = "EXPIRED_IN_MATCH"
                    return
                continue
            quantity = min(row.left, other.left)
            if other.reduce:
                quantity = min(quantity, self.closable(other.who, other.leg, other.side))
                if quantity == 0:
                    other.status = "EXPIRED"
                    continue
            if row.reduce:
                quantity = min(quantity, self.closable(row.who, row.leg, row.side))
                if quantity == 0:
                    return
            self.trade(row, other, quantity, other.price)
            self.last = other.price
            for one in (row, other):
                self.knock_out(one.who, one.leg)

    def trade(self, taker: Row, maker: Row, quantity: int, price: int, free: bool = False) -> None:
        for row, role in ((taker, "taker"), (maker, "maker")):
            fee = 0 if free else ceil(self.value(price, quantity) * FEES[role])
            self.people[row.who].wallet += self.book_in(row, quantity, price) - fee
            self.fees += fee
            row.filled += quantity
            row.quote += self.value(price, quantity)
            if row.status in LIVE:
                row.status = "PARTIALLY_FILLED" if row.left else "FILLED"

    def book_in(self, row: Row, quantity: int, price: int) -> int:
        position = self.position(row.who, row.leg)
        if position.amount == 0:
            self._time += 1
            self._held[row.who, row.leg] = self._time
        closing = min(quantity, self.closable(row.who, row.leg, row.side))
        profit = 0
        if closing:
            share = position.cost * closing // abs(position.amount)
            profit = -row.side * self.value(price, closing) - share
            position.cost -= share
            position.amount += row.side * closing
        position.cost += row.side * self.value(price, quantity - closing)
        position.amount += row.side * (quantity - closing)
        if position.amount == 0:
            self._held.pop((row.who, row.leg), None)
        return profit

    def knock_out(self, who: str, leg: str) -> None:
        """Resting reduce-only rows beyond the position expire: worst price first, newest first."""
        amount = self.position(who, leg).amount
        side = -1 if amount > 0 else 1
        left = self.closable(who, leg, side)
        rows = [row for row in self.open_of(who, leg) if row.reduce and not row.waiting]
        for row in sorted(rows, key=lambda row: (-row.price * row.side, row.number)):
            if row.side != side or left <= 0:
                row.status = "EXPIRED"
            else:
                left -= row.left

    # -- conditional orders -----------------------------------------------------------------------

    def triggers(self, side: int, kind: str, stop: int) -> bool:
        if not self.last:
            return False
        rising = (side > 0) == kind.startswith("STOP")
        return self.last >= stop if rising else self.last <= stop

    def cascade(self) -> None:
        """Trigger what is due, one at a time: rising ones and falling ones by nearness of their stop."""
        while True:
            due = [
                r
                for r in self.orders
                if r.waiting and r.status in LIVE and self.triggers(r.side, r.kind, r.stop)
            ]
            if not due:
                return
            self.fire(min(due, key=self.trigger_rank))

    def trigger_rank(self, row: Row) -> tuple[int, int, int]:
        rising = (row.side > 0) == row.kind.startswith("STOP")
        return self._directions.index(rising), row.stop if rising else -row.stop, row.number

    def fire(self, row: Row) -> None:
        row.waiting, row.kind, row.status = False, "MARKET", "HIDDEN"
        row.stop = 0
        if self.people[row.who].liquidating or (
            row.reduce and self.closable(row.who, row.leg, row.side) == 0
        ):
            row.status = "EXPIRED"
            return
        if not row.reduce:
            try:
                self.check_margin_at_mark(row)
            except No:
                row.status = "EXPIRED"
                return
        self.execute(row)

    def check_margin_at_mark(self, row: Row) -> None:
        person = self.people[row.who]
        if person.unlimited:
            return
        notional = self.value(self.mark, row.left)
        before = self.exposure(row.who, row.leg)
        after = self.exposure(row.who, row.leg, (notional, 0) if row.side > 0 else (0, notional))
        if after > before and (
            after > self.allowed(person.leverage)
            or self.available(row.who)
            < ceil(Fraction(after, person.leverage)) - ceil(Fraction(before, person.leverage))
        ):
            raise No(-2019)

    # -- liquidation ------------------------------------------------------------------------------

    def holders_in_order(self, people: list[str]) -> list[str]:
        """Everybody with a position, by when the oldest of their positions was opened."""
        found: list[str] = []
        for who, _ in sorted(self._held, key=self._held.__getitem__):
            if who in people and who not in found:
                found.append(who)
        return found

    def legs_of(self, who: str) -> list[str]:
        legs = [leg for leg, position in self.people[who].legs.items() if position.amount]
        return sorted(legs, key=lambda leg: -self.maintenance_of(who, leg))

    def begin(self, who: str) -> None:
        self.people[who].liquidating = True
        self._time += 1
        self._began[who] = self._time
        self._several[who] = len(self.legs_of(who)) > 1
        for row in self.open_of(who):
            row.status = "EXPIRED"
        for leg in self.legs_of(who):
            if self.balance(who) >= self.maintenance(who):
                return
            row = self.forced(who, leg)
            self.match(row, row.price)
            fee = ceil(Fraction(row.quote * self.symbol.liquidation_fee, 1_000_000))
            self.pay(who, -max(0, min(fee, self.balance(who))))
            row.status = "EXPIRED" if row.left else "FILLED"

    def forced(self, who: str, leg: str) -> Row:
        amount = self.position(who, leg).amount
        row = Row(
            self._next,
            who,
            -1 if amount > 0 else 1,
            "LIMIT",
            "IOC",
            abs(amount),
            self.bankruptcy(who, leg),
            leg,
            False,
            "NONE",
            status="TAKING",
        )
        self._next += 1
        self.orders.append(row)
        return row

    def bankruptcy(self, who: str, leg: str) -> int:
        position = self.position(who, leg)
        worth = position.cost - (self.balance(who) - self.profit(who, leg))
        if self._several[who] and self.balance(who) < 0:
            worth = self.value(self.mark, position.amount)
        exact = Fraction(worth, position.amount * self.symbol.money_factor * self.symbol.tick)
        ticks = ceil(exact) if position.amount > 0 else exact.numerator // exact.denominator
        return min(max(ticks * self.symbol.tick, self.symbol.tick), self.symbol.max_price)

    def finish(self, who: str) -> None:
        for leg in self.legs_of(who):
            if self.balance(who) >= self.maintenance(who):
                break
            row = self.forced(who, leg)
            counter = Row(
                self._next,
                "insurance-fund",
                -row.side,
                "LIMIT",
                "IOC",
                row.quantity,
                row.price,
                "BOTH",
                False,
                "NONE",
                status="TAKING",
            )
            self._next += 1
            self.orders.append(counter)
            self.trade(row, counter, row.quantity, row.price, free=True)
            row.status = counter.status = "FILLED"
        flat = all(position.amount == 0 for position in self.people[who].legs.values())
        if self.people[who].wallet < 0 and flat:
            self.pay(who, -self.people[who].wallet)
        self.people[who].liquidating = False
        del self._began[who]

    def pay(self, who: str, amount: int) -> None:
        self.people[who].wallet += amount
        self.people["insurance-fund"].wallet -= amount
