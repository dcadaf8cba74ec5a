"""Accounts that cannot be due are not looked at; that must never change what happens."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from mock_exchange.engine import Engine
from mock_exchange.engine.accounts import Account
from mock_exchange.engine.liquidation import Liquidator
from mock_exchange.engine.requests import OrderRequest
from mock_exchange.engine.symbols import Symbol, symbols
from mock_exchange.errors import Refused
from run_records.scaled import MONEY_UNIT
from tests.support import examples

TRADED = [symbols()[name] for name in ("BTCUSDT", "DOGEUSDT")]
START = {"BTCUSDT": 10_000_000, "DOGEUSDT": 200_000}

STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("mark"), st.integers(0, 1), st.integers(-60, 60)),
        st.tuples(st.just("trade"), st.integers(0, 3), st.integers(0, 1), st.integers(-40, 40)),
        st.tuples(st.just("transfer"), st.integers(0, 3), st.integers(-3000, 3000)),
    ),
    max_size=60,
)


def walk(steps: list[Any], deposits: list[int], liquidator: type = Liquidator) -> list[object]:
    """All forced orders and the hash of the state after every step."""
    engine = Engine(liquidator=liquidator)
    house = engine.open_account("house", 10**18, unlimited=True)
    accounts = [engine.open_account(f"a{n}", deposit * MONEY_UNIT) for n, deposit in enumerate(deposits)]
    price = dict(START)
    trail: list[object] = []
    for symbol in TRADED:
        engine.set_index(symbol, price[symbol.name])
    for second, step in enumerate(steps):
        if step[0] == "mark":
            symbol = TRADED[step[1]]
            price[symbol.name] = max(symbol.min_price, price[symbol.name] * (1000 + step[2]) // 1000)
            engine.set_index(symbol, price[symbol.name])
        elif step[0] == "trade":
            trade(engine, house, accounts[step[1]], TRADED[step[2]], step[3], price)
        else:
            with suppress(Refused):
                engine.transfer(accounts[step[1]], step[2] * MONEY_UNIT, second * 1000)
        forced = engine.tick(second * 1000)
        trail.append(([(o.account.name, o.quantity, o.price) for o in forced], engine.state_hash()))
        trail.append([account.warned for account in accounts])
    return trail


def trade(
    engine: Engine, house: Account, account: Account, symbol: Symbol, size: int, price: dict[str, int]
) -> None:
    quantity = abs(size) * (100 if symbol.name == "BTCUSDT" else 5000)
    if not quantity:
        return
    side = 1 if size > 0 else -1
    at = price[symbol.name] - price[symbol.name] % symbol.tick
    for who, way, tif in ((house, -side, "GTC"), (account, side, "IOC")):
        try:
            engine.place(who, OrderRequest(symbol, way, "LIMIT", tif, quantity, at, False, "BOTH", ""), 0)
        except Refused:
            continue


class Restless(Liquidator):
    """Looks at every account at every sample."""

    def _is_safe(self, account: Account) -> bool:
        return False


class Counting(Liquidator):
    """Notes whom it looks at."""

    looked: list[str]

    def _check(self, account: Account, forced: list[Any]) -> None:
        self.looked.append(account.name)
        super()._check(account, forced)


@given(STEPS, st.lists(st.integers(500, 50_000), min_size=4, max_size=4))
@examples(150)
def test_looking_away_changes_nothing(steps: list[Any], deposits: list[int]) -> None:
    assert walk(steps, deposits) == walk(steps, deposits, Restless)


def test_it_does_look_away() -> None:
    """Or there would be nothing to test."""
    Counting.looked = []
    walk([("trade", 0, 0, 1), *[("mark", 0, 1)] * 20], [50_000] * 4, Counting)
    assert 1 <= len(Counting.looked) <= 5
