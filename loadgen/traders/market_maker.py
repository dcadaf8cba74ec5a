"""A market maker: two-sided quotes around what the rest of the world pays, within a limit of inventory.

Every quote is an order of its own that is amended as the market moves. Who cannot amend stands in the
market at old prices: after a few failures in a row the maker pulls everything, and comes back later.
"""

from __future__ import annotations

from dataclasses import dataclass
from random import Random
from typing import Any, Final

from loadgen.traders.board import Board
from loadgen.traders.orders import (
    NO_SUCH_ORDER,
    ORDER_PATH,
    STILL_OPEN,
    cancel_all,
    limit_params,
    positions_of,
    price_text,
    quantity_for,
)
from loadgen.traders.pace import around
from loadgen.traders.verbs import WORTH_RETRYING, Reply, Send, Sleep, Start, Trader
from mock_exchange.engine.symbols import RATIO_UNIT, Symbol
from mock_exchange.pickled import by_fields
from run_records.scaled import format_trimmed, parse_scaled
from run_records.units import NS_PER_S
from run_records.words import OPENING

SOMEWHERE: Final = 1
"""The price of a quote that stands at a price its maker does not know: always worth an amendment."""
DUPLICATE_ID: Final = -4116


@dataclass(frozen=True, slots=True)
class Quoting:
    """How a maker quotes: `levels` orders a side of `notional` (1e-8 USDT) each, the first `spread`, each
    next one `spacing` further from fair value (millionths), all wider by `widening` times the turmoil;
    renewed every `refresh_ns` if they are off by more than `tolerance` (millionths). Inventory up to `limit`
    (1e-8 USDT) moves fair value by `skew`. After `patience` refusals in a row everything is pulled for
    `rest_ns`."""

    levels: int
    notional: int
    spread: int
    spacing: int
    widening: float
    tolerance: int
    refresh_ns: float
    limit: int
    skew: int
    patience: int
    rest_ns: int
    timeout_ns: int

    def __reduce__(self) -> tuple[Any, ...]:
        return by_fields(self)


class _Desk:
    """What all quotes of a maker share."""

    __slots__ = ("board", "failures", "held", "pulled", "quoting", "rng", "symbol")

    def __init__(self, rng: Random, board: Board, symbol: Symbol, quoting: Quoting) -> None:
        self.rng = rng
        self.board = board
        self.symbol = symbol
        self.quoting = quoting
        self.held = 0.0
        self.failures = 0
        self.pulled = False

    def price(self, side: int, level: int) -> int:
        """Where a quote should stand now, scaled; 0 if there should be none."""
        index = self.board.index.get(self.symbol.name)
        if index is None or self.held * side >= 1:
            return 0
        quoting = self.quoting
        away = quoting.spread + level * quoting.spacing
        away += round(quoting.widening * self.board.turmoil * RATIO_UNIT)
        moved = RATIO_UNIT - side * away - round(quoting.skew * self.held)
        return index * moved // RATIO_UNIT

    def jitter(self, mean_ns: float) -> int:
        return around(mean_ns, self.rng)

    def note(self, reply: Reply) -> None:
        self.failures = self.failures + 1 if reply.meaning in WORTH_RETRYING else 0


def market_maker(rng: Random, board: Board, symbol: Symbol, quoting: Quoting) -> Trader:
    """Starts its quotes, watches its inventory, and pulls when quotes cannot be amended any more."""
    desk = _Desk(rng, board, symbol, quoting)
    for level in range(quoting.levels):
        for side in (1, -1):
            yield Start(_quote(desk, side, level))
    while True:
        yield Sleep(desk.jitter(quoting.refresh_ns))
        reply = yield positions_of(symbol.name)
        if reply.accepted:
            # A list: newer Pythons sum floats more exactly than a compiled loop would.
            desk.held = sum([float(row["notional"]) for row in reply.body()]) * 1e8 / quoting.limit
        if desk.failures >= quoting.patience:
            yield from _pull(desk)


def _pull(desk: _Desk) -> Trader:
    """Out of the market, however often that has to be asked for; then back."""
    desk.pulled = True
    while True:
        reply = yield cancel_all(desk.symbol.name, desk.quoting.timeout_ns)
        if reply.meaning not in WORTH_RETRYING:
            break
        yield Sleep(desk.jitter(NS_PER_S))
    yield Sleep(desk.jitter(desk.quoting.rest_ns))
    desk.failures = 0
    desk.pulled = False


def _quote(desk: _Desk, side: int, level: int) -> Trader:
    """One order, known by its client id, so that an answer that got lost does not leave two of them."""
    symbol, quoting = desk.symbol, desk.quoting
    name = f"quote-{'bid' if side > 0 else 'ask'}-{level}"
    stands = 0
    filled = 0
    while True:
        yield Sleep(desk.jitter(quoting.refresh_ns))
        price = 0 if desk.pulled else desk.price(side, level)
        if not price:
            continue
        if stands and abs(price - stands) * RATIO_UNIT < quoting.tolerance * stands:
            continue
        quantity = quantity_for(symbol, quoting.notional, price)
        reply = yield _order(desk, name, side, quantity, price, filled, amends=stands > 0)
        desk.note(reply)
        if reply.accepted:
            row = reply.body()
            stands = price if row["status"] in STILL_OPEN else 0
            filled = parse_scaled(row["executedQty"], symbol.quantity_precision) if stands else 0
        elif reply.code == DUPLICATE_ID or reply.unknown:
            stands = SOMEWHERE
        elif reply.code == NO_SUCH_ORDER:
            stands = filled = 0


def _order(
    desk: _Desk, name: str, side: int, quantity: str, price: int, filled: int, *, amends: bool
) -> Send:
    """A new post-only order, or a change of the one that stands; the quantity of an amendment includes what
    has been filled."""
    symbol = desk.symbol
    word = "BUY" if side > 0 else "SELL"
    if not amends:
        params = limit_params(symbol.name, word, quantity, price_text(symbol, price), "GTX")
        return Send(
            "POST",
            ORDER_PATH,
            {**params, "newClientOrderId": name},
            OPENING,
            timeout_ns=desk.quoting.timeout_ns,
        )
    total = parse_scaled(quantity, symbol.quantity_precision) + filled
    params = {
        "symbol": symbol.name,
        "side": word,
        "origClientOrderId": name,
        "quantity": format_trimmed(total, symbol.quantity_precision),
        "price": price_text(symbol, price),
    }
    return Send("PUT", ORDER_PATH, params, OPENING, timeout_ns=desk.quoting.timeout_ns)
