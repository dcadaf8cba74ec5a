"""Bots that have decided to get smaller, and six ways of taking no for an answer.

All see the same: a position to reduce, orders at mark, answers that may be lost. They differ in what they do
when an order is refused, or when nobody knows what became of it:

- naive            sends the same again, and again
- back-off         resends what failed for want of capacity after 200, 400, 800 ms, as documented, then waits
- retry-budget     the same, but a retry costs a token and few are earned
- cancel-resubmit  cancels all its orders when told that resting orders are in the way, then resubmits
- query-first      asks what became of an order of unknown fate before it sends another
- hedge            opens the opposite position instead of closing its own
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass
from random import Random
from typing import Any, Final

from msgspec.structs import replace

from loadgen.traders.board import Board
from loadgen.traders.orders import (
    NO_SUCH_ORDER,
    NOTHING_TO_REDUCE,
    ORDER_PATH,
    STILL_OPEN,
    cancel_all,
    cancel_order,
    closing_order,
    is_flat,
    price_text,
)
from loadgen.traders.pace import around
from loadgen.traders.verbs import WORTH_RETRYING, Intend, Now, Reply, Send, Sleep, Trader, Verb
from mock_exchange.engine.symbols import RATIO_UNIT, Symbol
from mock_exchange.pickled import by_fields
from run_records.scaled import format_trimmed, parse_scaled
from run_records.units import NS_PER_MS, NS_PER_S
from run_records.words import OPENING, QUERY

BACK_OFF_NS: Final = tuple(pause * NS_PER_MS for pause in (200, 400, 800))
"""The documented back-off for a failure of capacity; at most three to five tries."""
BUDGET: Final = 1.0
EARNED_A_ROUND: Final = 0.1
"""A retry budget: one token at most, a tenth of one for each first attempt, so that retries are about a tenth
of a client's requests (the rule of the Google SRE book, "Handling Overload")."""
IN_THE_WAY: Final = (-4118, NOTHING_TO_REDUCE)
UNKNOWN_ORDER: Final = -2011
LOOK_EVERY_NS: Final = NS_PER_S


@dataclass(frozen=True, slots=True)
class Exit:
    """What is to be left: `target` (scaled) of a long or short position in `symbol`, decided on once the mark
    has moved against it by `trigger` (millionths of the first mark seen). Orders are limited `offset`
    (millionths) through the mark. A round of attempts begins `hasty_ns` after the last one until
    `calms_at_ns`, `pause_ns` afterwards. An answer is waited for `timeout_ns`."""

    symbol: Symbol
    long: bool
    hedge_mode: bool
    target: int
    trigger: int
    offset: int
    hasty_ns: float
    pause_ns: float
    calms_at_ns: int
    timeout_ns: int

    def __reduce__(self) -> tuple[Any, ...]:
        return by_fields(self)


Round = Generator[Verb, Any, None]


class _Bot:
    """What a bot knows: how much it believes is left, the one order it knows to be resting and how much of
    that it has counted."""

    __slots__ = ("board", "counted", "done", "exit", "intent", "left", "number", "resting", "rng", "tokens")

    def __init__(self, rng: Random, board: Board, exit_: Exit) -> None:
        self.rng = rng
        self.board = board
        self.exit = exit_
        self.left = exit_.target
        self.intent = -1
        self.number = 0
        self.resting = 0
        self.counted = 0
        self.done = False
        self.tokens = BUDGET

    @property
    def name(self) -> str:
        """The client id of the latest order."""
        return f"exit-{self.number}"

    @property
    def may_send(self) -> bool:
        """Something is left, and no order is known to rest: one that could not be cancelled would be
        forgotten for the next one."""
        return self.left > 0 and not self.resting

    def spend(self) -> bool:
        """Pay for a retry, if there is a token left."""
        if self.tokens < 1:
            return False
        self.tokens -= 1
        return True

    # -- requests ---------------------------------------------------------------------------------

    def order(self) -> Generator[Verb, Any, Reply]:
        """One attempt to reduce by what is left, at mark. Fills that its answer shows are taken off."""
        want = self.exit
        symbol = want.symbol
        self.number += 1
        through = -want.offset if want.long else want.offset
        price = self.board.mark[symbol.name] * (RATIO_UNIT + through) // RATIO_UNIT
        request = closing_order(
            symbol.name,
            want.long,
            want.hedge_mode,
            format_trimmed(self.left, symbol.quantity_precision),
            self.intent,
            price=price_text(symbol, price),
            timeout_ns=want.timeout_ns,
        )
        request.params["newClientOrderId"] = self.name
        reply: Reply = yield request
        if reply.accepted:
            self.take_in(reply.body())
        return reply

    def take_in(self, row: dict[str, Any]) -> None:
        """An order as the venue describes it: what it has filled since it was last seen is off the target."""
        filled = parse_scaled(row["executedQty"], self.exit.symbol.quantity_precision)
        known = row["orderId"] == self.resting
        self.left -= filled - (self.counted if known else 0)
        self.resting = row["orderId"] if row["status"] in STILL_OPEN else 0
        self.counted = filled

    def take_back(self) -> Generator[Verb, Any, None]:
        """Cancel the order that is known to rest, to quote it anew; one that is gone is looked up."""
        if not self.resting:
            return
        request = cancel_order(self.exit.symbol.name, self.resting)
        reply: Reply = yield replace(request, timeout_ns=self.exit.timeout_ns)
        if reply.code == UNKNOWN_ORDER:
            reply = yield Send("GET", ORDER_PATH, dict(request.params), QUERY)
        if reply.accepted:
            self.take_in(reply.body())

    def unless_flat(self, reply: Reply) -> Generator[Verb, Any, None]:
        """Told that there is nothing to reduce, look, and stop if that is so."""
        if reply.code == NOTHING_TO_REDUCE and (yield from is_flat(self.exit.symbol.name)):
            self.done = True


# -- what each does in a round --------------------------------------------------------------------


def _naive(bot: _Bot) -> Round:
    yield from bot.take_back()
    if bot.may_send:
        reply = yield from bot.order()
        yield from bot.unless_flat(reply)


def _insists(bot: _Bot, may_retry: Callable[[], bool]) -> Round:
    """Resend what failed for want of capacity, each time after a longer pause, while that is allowed."""
    yield from bot.take_back()
    for pause in (*BACK_OFF_NS, 0):
        if not bot.may_send:
            return
        reply = yield from bot.order()
        yield from bot.unless_flat(reply)
        if bot.done or reply.meaning not in WORTH_RETRYING or not pause or not may_retry():
            return
        yield Sleep(pause)


def _backs_off(bot: _Bot) -> Round:
    yield from _insists(bot, lambda: True)


def _keeps_a_budget(bot: _Bot) -> Round:
    bot.tokens = min(BUDGET, bot.tokens + EARNED_A_ROUND)
    yield from _insists(bot, bot.spend)


def _cancels(bot: _Bot) -> Round:
    yield from bot.take_back()
    if not bot.may_send:
        return
    reply = yield from bot.order()
    if reply.code in IN_THE_WAY:
        cleared = yield cancel_all(bot.exit.symbol.name, bot.exit.timeout_ns)
        if cleared.accepted and bot.may_send:
            reply = yield from bot.order()
    yield from bot.unless_flat(reply)


def _asks(bot: _Bot) -> Round:
    yield from bot.take_back()
    if not bot.may_send:
        return
    reply = yield from bot.order()
    if reply.unknown:
        yield from _find_out(bot)
    else:
        yield from bot.unless_flat(reply)


def _find_out(bot: _Bot) -> Round:
    """Ask until somebody knows. An order that does not exist yet may still be on its way: that the venue does
    not know it counts only after its recvWindow has passed."""
    too_late = (yield Now()) + 6 * NS_PER_S
    params = {"symbol": bot.exit.symbol.name, "origClientOrderId": bot.name}
    while True:
        yield Sleep(NS_PER_S)
        reply = yield Send("GET", ORDER_PATH, params, QUERY)
        if reply.accepted:
            bot.take_in(reply.body())
            return
        if reply.code == NO_SUCH_ORDER and (yield Now()) > too_late:
            return


def _hedges(bot: _Bot) -> Round:
    """The opposite position instead: an opening order, which no promise covers."""
    want = bot.exit
    symbol = want.symbol
    bot.number += 1
    params = {
        "symbol": symbol.name,
        "side": "SELL" if want.long else "BUY",
        "type": "MARKET",
        "positionSide": "SHORT" if want.long else "LONG",
        "newOrderRespType": "RESULT",
        "quantity": format_trimmed(bot.left, symbol.quantity_precision),
        "newClientOrderId": bot.name,
    }
    reply = yield Send("POST", ORDER_PATH, params, OPENING, timeout_ns=want.timeout_ns)
    if reply.accepted:
        bot.take_in(reply.body())


BEHAVIOURS: Final[dict[str, Callable[[_Bot], Round]]] = {
    "naive": _naive,
    "back-off": _backs_off,
    "retry-budget": _keeps_a_budget,
    "cancel-resubmit": _cancels,
    "query-first": _asks,
    "hedge": _hedges,
}


def exit_bot(rng: Random, board: Board, exit_: Exit, behaviour: str) -> Trader:
    """Waits for its trigger, decides once, then goes round by round until it believes to be out."""
    bot = _Bot(rng, board, exit_)
    name = exit_.symbol.name
    while name not in board.mark:
        yield Sleep(LOOK_EVERY_NS)
    first = board.mark[name]
    side = 1 if exit_.long else -1
    while side * (first - board.mark[name]) * RATIO_UNIT < exit_.trigger * first:
        yield Sleep(LOOK_EVERY_NS)
    bot.intent = yield Intend(name, format_trimmed(exit_.target, exit_.symbol.quantity_precision))
    play = BEHAVIOURS[behaviour]
    while bot.left > 0 and not bot.done:
        yield from play(bot)
        now = yield Now()
        pause = exit_.hasty_ns if now < exit_.calms_at_ns else exit_.pause_ns
        yield Sleep(around(pause, rng))
