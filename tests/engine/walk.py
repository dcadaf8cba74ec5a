"""The real engine and the naive one, given the same commands and compared after each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from mock_exchange.clock import Timeline
from mock_exchange.commands import Commands
from mock_exchange.engine import Engine
from mock_exchange.engine.accounts import Account
from mock_exchange.engine.requests import STP_NONE, AmendRequest, CancelRequest, OrderRequest, Trigger
from mock_exchange.errors import Refused
from mock_exchange.journal import Journal
from run_records.scaled import MONEY_UNIT
from tests.engine.reference import No, Person, Reference, Row
from tests.support import BTC, EPOCH_MS

MARK = 10_000_000
DEPOSITS = {"rich": 5_000_000, "poor": 3_000, "hedger": 60_000, "edge": 900}
"""USDT of four accounts; `hedger` and `edge` are in hedge mode."""
HEDGED = ("hedger", "edge")
STPS = (STP_NONE, STP_NONE, "EXPIRE_TAKER", "EXPIRE_MAKER", "EXPIRE_BOTH")
KINDS = ("LIMIT",) * 6 + ("MARKET",) * 2 + ("STOP_MARKET", "TAKE_PROFIT_MARKET")
TIFS = ("GTC", "GTC", "GTC", "IOC", "FOK", "GTX")


@dataclass(frozen=True)
class Place:
    """What to place; prices in ticks of ten around 100,000."""

    who: str
    side: int
    kind: str
    tif: str
    quantity: int
    ticks: int
    flag: bool
    stp: str


class Pair:
    """Two engines in step. `money` and states are compared by `compare`."""

    def __init__(self, rule: str) -> None:
        self.rule = rule
        self.clock = Timeline(EPOCH_MS)
        self.journal = Journal()
        self.engine = Engine(rule)
        self.commands = Commands(self.engine, self.clock, self.journal)
        self.naive = Reference(BTC, MARK, rule)
        self.commands.set_index(BTC, MARK)
        for name, usdt in DEPOSITS.items():
            self.commands.open_account(name, usdt * MONEY_UNIT, unlimited=False)
            self.naive.people[name] = Person(usdt * MONEY_UNIT, name in HEDGED)
            if name in HEDGED:
                self.commands.set_hedge_mode(self.engine.accounts[name], True)
        self.mark = MARK
        self.given = self.refused = 0

    def account(self, who: str) -> Account:
        return self.engine.accounts[who]

    def place(self, what: Place) -> None:
        leg, flag = "BOTH", what.flag
        if what.who in HEDGED:
            leg = "LONG" if (what.side < 0) == what.flag else "SHORT"
            flag = False
        price = MARK + what.ticks * BTC.tick * 10
        stop = price if what.kind not in ("LIMIT", "MARKET") else 0
        limit = price if what.kind == "LIMIT" else 0
        tif = what.tif if what.kind == "LIMIT" else "GTC"
        request = OrderRequest(
            BTC,
            what.side,
            what.kind,
            tif,
            what.quantity,
            limit,
            flag,
            leg,
            "",
            trigger=Trigger(stop) if stop else None,
            stp=what.stp,
        )
        self._both(
            lambda: self.commands.place(self.account(what.who), request),
            lambda: self.naive.place(
                what.who, what.side, what.kind, tif, what.quantity, limit, flag, leg, what.stp, stop
            ),
        )

    def cancel(self, who: str, choice: int) -> None:
        number = self._open_id(who, choice)
        self._both(
            lambda: self.commands.cancel(self.account(who), CancelRequest(BTC, number, "")),
            lambda: self.naive.cancel(who, number),
        )

    def amend(self, who: str, choice: int, quantity: int, ticks: int) -> None:
        number = self._open_id(who, choice)
        order = self.account(who).orders.get(number)
        side = order.side if order is not None else 1
        price = MARK + ticks * BTC.tick * 10
        request = AmendRequest(BTC, number, "", side, quantity, price)
        self._both(
            lambda: self.commands.amend(self.account(who), request),
            lambda: self.naive.amend(who, number, quantity, price),
        )

    def leverage(self, who: str, leverage: int) -> None:
        self._both(
            lambda: self.commands.set_leverage(self.account(who), BTC, leverage),
            lambda: self.naive.set_leverage(who, leverage),
        )

    def move(self, permille: int) -> None:
        """Move the mark, and let a second pass."""
        self.mark = MARK * (1000 + permille) // 1000
        self.commands.set_index(BTC, self.mark)
        self.naive.set_mark(self.mark)
        self.clock.run_until(self.clock.now() + 10**9)
        self._both(self.commands.tick, self.naive.tick)
        # a stop that the liquidations set off may still trade; the next sample sees to that
        traded = {o.account for trade in self.engine.trades for o in (trade.taker, trade.maker)}
        for account in self.engine.accounts.values():
            if not account.unlimited and not account.in_liquidation and account not in traded:
                assert account.margin_balance() >= 0, "a negative balance outside liquidation"

    def _open_id(self, who: str, choice: int) -> int:
        ids = sorted(self.account(who).orders)
        return ids[choice % len(ids)] if ids else 1

    def _both(self, real: Callable[[], Any], naive: Callable[[], Any]) -> None:
        codes = []
        for call, refusal in ((real, Refused), (naive, No)):
            try:
                call()
                codes.append(0)
            except refusal as error:
                codes.append(error.args[0])
        self.given += 1
        self.refused += codes[0] != 0
        assert codes[0] == codes[1], f"the engine says {codes[0]}, the reference {codes[1]}"

    def compare(self) -> None:
        engine, naive = self.engine, self.naive
        assert engine.money() == engine.deposits
        assert (engine.matcher.fees, engine.markets[0].last) == (naive.fees, naive.last)
        for name, person in naive.people.items():
            account = engine.accounts[name]
            assert (account.wallet, account.in_liquidation) == (person.wallet, person.liquidating), name
            held = {leg: (p.amount, p.cost) for leg, p in person.legs.items() if p.amount}
            assert {leg.side: (leg.amount, leg.cost) for leg in account.legs.values() if leg.amount} == held
            rows = {row.number: _terms(row) for row in naive.open_of(name)}
            orders = {
                o.order_id: (o.side, o.price, o.remaining, o.status, o.kind) for o in account.orders.values()
            }
            assert orders == rows, name
            assert account.available() == naive.available(name)

    def check_rules(self, before: dict[tuple[str, str], int]) -> None:
        """Positions sum to zero, books do not cross, reducing orders reduce."""
        market = self.engine.markets[0]
        bid, ask = market.best_price(1), market.best_price(-1)
        assert bid is None or ask is None or bid < ask
        assert sum(leg.amount for leg in market.holders) == 0
        assert set(market.holders) == {
            leg for account in self.engine.accounts.values() for leg in account.legs.values() if leg.amount
        }
        by_leg: dict[Any, set[bool]] = {}
        for trade in self.engine.trades:
            for order in (trade.taker, trade.maker):
                by_leg.setdefault(order.leg, set()).add(order.reduce_only)
        for leg, kinds in by_leg.items():
            if kinds == {True}:
                was = before.get((leg.account.name, leg.side), 0)
                assert abs(leg.amount) <= abs(was), "a reducing order increased an exposure"
                assert leg.amount * was >= 0

    def positions(self) -> dict[tuple[str, str], int]:
        return {
            (name, leg.side): leg.amount
            for name, account in self.engine.accounts.items()
            for leg in account.legs.values()
        }


def _terms(row: Row) -> tuple[int, int, int, str, str]:
    return row.side, row.price, row.left, row.status, row.kind
