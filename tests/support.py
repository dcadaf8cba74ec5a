"""What several tests need: small plans, venues on a virtual clock, orders in one line."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from hypothesis import settings

from mock_exchange.clock import Timeline
from mock_exchange.engine import Engine
from mock_exchange.engine.accounts import Account, Order
from mock_exchange.engine.requests import BUY, SELL, OrderRequest
from mock_exchange.engine.symbols import symbols
from mock_exchange.errors import Refused
from mock_exchange.gateway.attempt import Answer, Call
from mock_exchange.gateway.config import GatewayConfig
from mock_exchange.gateway.parts import Parts
from mock_exchange.plan import AccountPlan, BookPlan, Plan, book_from_texts, position_from_texts
from mock_exchange.venue import Venue
from run_records.scaled import MONEY_UNIT, parse_scaled

EPOCH_MS = 1_760_130_720_000
BTC = symbols()["BTCUSDT"]
DOGE = symbols()["DOGEUSDT"]
RICH = 10_000_000 * MONEY_UNIT


def btc_book(levels: int = 5) -> BookPlan:
    return book_from_texts(BTC, "100000.00", levels, 10, "50")


def plan_of(
    policy: str = "none",
    accounts: int = 2,
    position: str | None = None,
    books: tuple[BookPlan, ...] | None = None,
    parameters: dict[str, Any] | None = None,
    hedge_mode: bool = False,
    **venue: Any,
) -> Plan:
    """A plan with `accounts` rich accounts, each long `position` BTC if one is given."""
    side = "LONG" if hedge_mode else "BOTH"
    positions = (position_from_texts(BTC, side, position, "100000.00"),) if position else ()
    return Plan(
        gateway=GatewayConfig.from_dict(venue),
        policy=policy,
        policy_parameters=parameters or {},
        seed=1,
        epoch_start_ms=EPOCH_MS,
        books=books if books is not None else (btc_book(),),
        accounts=tuple(AccountPlan(f"a{i}", RICH, hedge_mode, 0, positions) for i in range(accounts)),
    )


def venue_of(*, parts: Parts | None = None, **options: Any) -> tuple[Venue, Timeline]:
    timeline = Timeline(EPOCH_MS)
    return Venue(plan_of(**options), timeline, parts=parts), timeline


class Caller:
    """Sends calls to a venue's gateway in process and collects the answers."""

    def __init__(self, venue: Venue, account: str = "a0", ip: str = "127.1.0.1") -> None:
        self.venue = venue
        self.account = venue.account(account)
        self.ip = ip
        self.sent = 0

    def __call__(self, method: str, path: str, **params: str) -> list[Answer]:
        """The list is filled when the answer comes, which may be later."""
        self.sent += 1
        call = Call(method, path, params, self.ip, f"{self.account.name}-{self.sent}", self.account)
        answers: list[Answer] = []
        self.last_call = call
        self.venue.gateway.submit(call, answers.append)
        return answers

    def order(self, side: str = "BUY", quantity: str = "0.002", **params: str) -> list[Answer]:
        """A marketable IOC order unless told otherwise."""
        price = "100200.00" if side == "BUY" else "99800.00"
        row = {
            "symbol": "BTCUSDT",
            "side": side,
            "type": "LIMIT",
            "timeInForce": "IOC",
            "quantity": quantity,
            "price": price,
        }
        if params.get("type") == "MARKET":
            del row["timeInForce"], row["price"]
        row.update(params)
        return self("POST", "/fapi/v1/order", **row)


def engine_with(
    *accounts: str, mark: str = "100000.00", deposit: int = RICH, **options: Any
) -> tuple[Engine, list[Account]]:
    """An engine with funded accounts and a BTC mark price, its book empty."""
    engine = Engine(**options)
    engine.set_index(BTC, parse_scaled(mark, BTC.price_precision))
    return engine, [engine.open_account(name, deposit) for name in accounts]


def place(
    engine: Engine,
    account: Account,
    side: str,
    quantity: str,
    price: str | None = None,
    tif: str = "GTC",
    *,
    reduce_only: bool = False,
    position_side: str = "BOTH",
    client_id: str = "",
) -> Order:
    """A BTC order; MARKET without a price."""
    request = OrderRequest(
        BTC,
        BUY if side == "BUY" else SELL,
        "MARKET" if price is None else "LIMIT",
        tif,
        parse_scaled(quantity, BTC.quantity_precision),
        0 if price is None else parse_scaled(price, BTC.price_precision),
        reduce_only,
        position_side,
        client_id,
    )
    return engine.place(account, request, EPOCH_MS)


@contextmanager
def refused(code: int) -> Iterator[None]:
    """The block must end in a refusal with this code."""
    with pytest.raises(Refused) as caught:
        yield
    assert caught.value.code == code


def examples(number: int) -> settings:
    """So many examples for a property, or as many times more as `FIREEXIT_EXAMPLES` says (`make soak`)."""
    return settings(max_examples=number * int(os.environ.get("FIREEXIT_EXAMPLES", "1")), deadline=None)


def large(*values: Any) -> list[Any]:
    """Parameters that are left to `make test-all`; a tuple holds those of one case."""
    cases = [value if isinstance(value, tuple) else (value,) for value in values]
    return [pytest.param(*case, marks=pytest.mark.large) for case in cases]


def proves(*what: str) -> pytest.MarkDecorator:
    """Marks a test as the proof of error codes, endpoints ("GET /fapi/v1/time") or streams;
    `tools.pages.venue` reads the marks from the source."""
    return pytest.mark.proves(*what)
