"""The one way to change an engine's state: every command is executed and journaled here.

The rows of a journal are enough to execute the same commands again (`replay.py`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import msgspec

from mock_exchange.clock import Clock
from mock_exchange.engine import Engine
from mock_exchange.engine.accounts import Account, Leg, Order
from mock_exchange.engine.requests import (
    HOUSE,
    NO_MATCH,
    AmendRequest,
    AttemptKey,
    CancelAllRequest,
    CancelRequest,
    OrderRequest,
)
from mock_exchange.engine.symbols import Symbol
from mock_exchange.errors import Refused
from mock_exchange.journal import Journal
from run_records.journal import (
    AccountRow,
    AmendRow,
    CancelAllRow,
    CancelRow,
    ForcedRow,
    LeverageRow,
    MarkRow,
    ModeRow,
    OrderRow,
    RestrictRow,
    TickRow,
    TradeRow,
    TransferRow,
    VenueRow,
)
from run_records.standing import LostRow


class Commands:
    """An engine, and the journal of what it was told to do. Raises what the engine raises. `touched` is told
    of every leg whose position or resting orders a command has changed. `forced` counts orders of
    liquidations by symbol."""

    def __init__(self, engine: Engine, clock: Clock, journal: Journal) -> None:
        self.engine = engine
        self._clock = clock
        self._journal = journal
        self.touched: Callable[[Iterable[Leg]], None] | None = None
        self.forced: dict[str, int] = {}

    def begin(self, conflict_rule: str, *, follow_median: bool) -> None:
        """A venue begins here: what came before in the journal is another one's."""
        self._journal.append(VenueRow(self._clock.now(), conflict_rule, follow_median))

    def open_account(self, name: str, deposit: int, *, unlimited: bool) -> Account:
        account = self.engine.open_account(name, deposit, unlimited=unlimited)
        self._journal.append(AccountRow(self._clock.now(), name, deposit, unlimited))
        return account

    def transfer(self, account: Account, amount: int) -> None:
        now_ms = self._clock.epoch_ms()
        self.engine.transfer(account, amount, now_ms)
        self._journal.append(TransferRow(self._clock.now(), account.name, amount, now_ms))

    def set_index(self, symbol: Symbol, price: int) -> None:
        self.engine.set_index(symbol, price)
        self._journal.append(MarkRow(self._clock.now(), symbol.name, price))

    def set_leverage(self, account: Account, symbol: Symbol, leverage: int) -> None:
        self.engine.set_leverage(account, symbol, leverage)
        self._journal.append(LeverageRow(self._clock.now(), account.name, symbol.name, leverage))

    def set_hedge_mode(self, account: Account, hedge_mode: bool) -> None:
        self.engine.set_hedge_mode(account, hedge_mode)
        self._journal.append(ModeRow(self._clock.now(), account.name, hedge_mode))

    def restrict(self, account: Account, code: int) -> None:
        self.engine.restrict(account, code)
        self._journal.append(RestrictRow(self._clock.now(), account.name, code))

    def place(
        self, account: Account, request: OrderRequest, key: AttemptKey = HOUSE, *, fate_unknown: bool = False
    ) -> Order:
        now_ms = self._clock.epoch_ms()
        try:
            order = self.engine.place(account, request, now_ms, key, fate_unknown=fate_unknown)
        except Refused as refusal:
            self._journal_order(account, request, key, refusal.code, None, now_ms)
            raise
        self._journal_order(account, request, key, 0, order, now_ms)
        if self.engine.matcher.trades:
            self._journal_trades()
        if self.touched is not None:
            self._tell((order.leg,))
        return order

    def cancel(self, account: Account, request: CancelRequest, key: AttemptKey = HOUSE) -> Order:
        now_ms = self._clock.epoch_ms()
        code = 0
        try:
            order = self.engine.cancel(account, request, now_ms)
        except Refused as refusal:
            code = refusal.code
            raise
        finally:
            self._journal.append(
                CancelRow(
                    self._clock.now(),
                    *key,
                    account.name,
                    code,
                    request.symbol.name,
                    request.order_id,
                    request.client_id,
                    now_ms,
                )
            )
        self._tell((order.leg,))
        return order

    def cancel_all(self, account: Account, request: CancelAllRequest, key: AttemptKey = HOUSE) -> None:
        now_ms = self._clock.epoch_ms()
        cancelled = self.engine.cancel_all(account, request, now_ms)
        self._journal.append(
            CancelAllRow(self._clock.now(), *key, account.name, 0, request.symbol.name, now_ms)
        )
        self._tell(order.leg for order in cancelled)

    def amend(self, account: Account, request: AmendRequest, key: AttemptKey = HOUSE) -> Order:
        now_ms = self._clock.epoch_ms()
        code = 0
        try:
            order = self.engine.amend(account, request, now_ms)
        except Refused as refusal:
            code = refusal.code
            raise
        finally:
            self._journal.append(
                AmendRow(
                    self._clock.now(),
                    *key,
                    account.name,
                    code,
                    request.symbol.name,
                    request.order_id,
                    request.client_id,
                    request.side,
                    request.quantity,
                    request.price,
                    request.price_match,
                    now_ms,
                )
            )
        self._journal_trades()
        self._tell((order.leg,))
        return order

    def lose(self, account: Account, order_id: int, key: AttemptKey) -> None:
        """The client of this attempt will never be answered; the order that it made, 0 for none, is one
        that its client does not know of."""
        self.engine.forget_fate(account, order_id)
        self._journal.append(LostRow(self._clock.now(), *key, account.name, order_id))

    def tick(self) -> None:
        """One second has passed. Its forced orders are journaled beside it."""
        now_ms = self._clock.epoch_ms()
        forced = self.engine.tick(now_ms)
        at = self._clock.now()
        self._journal.append(TickRow(at, now_ms))
        for order in forced:
            name = order.symbol.name
            self.forced[name] = self.forced.get(name, 0) + 1
            self._journal.append(
                ForcedRow(
                    at,
                    order.account.name,
                    name,
                    order.order_id,
                    order.side,
                    order.quantity,
                    order.filled,
                    order.price,
                    now_ms,
                )
            )
        self._journal_trades()
        self._tell(())

    def _tell(self, legs: Iterable[Leg]) -> None:
        """`legs`, and those that the latest command reached through trades and ended orders."""
        if self.touched is not None:
            touched = dict.fromkeys(legs)
            for trade in self.engine.trades:
                touched[trade.taker.leg] = touched[trade.maker.leg] = None
            for order in self.engine.ended:
                touched[order.leg] = None
            self.touched(touched)

    def _journal_trades(self) -> None:
        for trade in self.engine.trades:
            taker, maker = trade.taker, trade.maker
            self._journal.append(
                TradeRow(
                    self._clock.now(),
                    taker.symbol.name,
                    trade.trade_id,
                    trade.price,
                    trade.quantity,
                    *taker.key,
                    taker.order_id,
                    *maker.key,
                    maker.order_id,
                )
            )

    def _journal_order(
        self,
        account: Account,
        request: OrderRequest,
        key: AttemptKey,
        code: int,
        order: Order | None,
        now_ms: int,
    ) -> None:
        self._journal.append(
            OrderRow(
                self._clock.now(),
                *key,
                account.name,
                code,
                0 if order is None else order.order_id,
                "" if order is None else order.status,
                0 if order is None else order.filled,
                request.symbol.name,
                request.side,
                request.kind,
                request.tif,
                request.quantity,
                request.price,
                request.reduce_only,
                request.position_side,
                request.client_id,
                now_ms,
                request.stp,
                _terms(request)
                if request.trigger or request.price_match != NO_MATCH or request.good_till_ms
                else "",
            )
        )


def _terms(request: OrderRequest) -> str:
    """The terms that few orders have, as a JSON text (a row is flat)."""
    trigger = request.trigger
    stop: tuple[Any, ...] = (0, "", False, False)
    if trigger is not None:
        stop = (trigger.stop_price, trigger.working_type, trigger.price_protect, trigger.close_position)
    return msgspec.json.encode([*stop, request.price_match, request.good_till_ms]).decode()
