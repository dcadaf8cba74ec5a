"""Who listens to which account, and what the engine tells about it."""

from __future__ import annotations

from collections.abc import Callable

from mock_exchange.engine.accounts import Account, Leg, Order, Trade
from mock_exchange.engine.entries import Fill
from mock_exchange.wire.streaming import user_events as events
from mock_exchange.wire.streaming.consumer import Consumer, Message


class UserFeed:
    """An engine's observer. Accounts that nobody listens to cost one look-up an event.

    `written` is called when frames wait to be written, `liquidated` when a forced order has traded.
    """

    def __init__(
        self,
        epoch_ms: Callable[[], int],
        *,
        reasons: bool,
        written: Callable[[Consumer], None],
        liquidated: Callable[[Order], None],
    ) -> None:
        self._epoch_ms = epoch_ms
        self._reasons = reasons
        self._written = written
        self._liquidated = liquidated
        self._listeners: dict[Account, dict[Consumer, str]] = {}

    def listen(self, account: Account, key: str, consumer: Consumer) -> None:
        self._listeners.setdefault(account, {})[consumer] = key

    def leave(self, consumer: Consumer, key: str) -> None:
        """Stop listening to one key."""
        for account, listeners in list(self._listeners.items()):
            if listeners.get(consumer) == key:
                del listeners[consumer]
                if not listeners:
                    del self._listeners[account]

    def key_expired(self, account: Account, key: str) -> None:
        self._tell(account, events.listen_key_expired(key, self._epoch_ms()))

    def key_closed(self, key: str) -> None:
        """Nobody hears by this key any more; connections stay open."""
        for listeners in list(self._listeners.values()):
            for consumer, own in list(listeners.items()):
                if own == key:
                    self.leave(consumer, key)
                    consumer.streams.pop(key, None)

    # -- what the engine tells --------------------------------------------------------------------

    def order_event(self, order: Order, execution: str) -> None:
        if order.account in self._listeners:
            self._tell(
                order.account,
                events.order_update(order, execution, None, self._epoch_ms(), reasons=self._reasons),
            )

    def trade_event(self, trade: Trade) -> None:
        if trade.taker.forced:
            self._liquidated(trade.taker)
        if trade.taker.account in self._listeners:
            self._tell_fill(trade.taker, trade.taker_fill)
        if trade.maker.account in self._listeners:
            self._tell_fill(trade.maker, trade.maker_fill)

    def _tell_fill(self, order: Order, fill: Fill) -> None:
        account, now = order.account, self._epoch_ms()
        if not order.forced:
            self._tell(account, events.trade_lite(order, fill, now))
        self._tell(account, events.account_update(account, [order.leg], "ORDER", 0, now))
        execution = events.execution_of(order)
        self._tell(account, events.order_update(order, execution, fill, now, reasons=self._reasons))

    def account_event(self, account: Account, legs: list[Leg], reason: str) -> None:
        if account in self._listeners:
            change = account.incomes[-1].amount if account.incomes and not legs else 0
            self._tell(account, events.account_update(account, legs, reason, change, self._epoch_ms()))

    def margin_call(self, account: Account) -> None:
        if account in self._listeners:
            self._tell(account, events.margin_call(account, self._epoch_ms()))

    def leverage_event(self, account: Account, symbol: str, leverage: int) -> None:
        if account in self._listeners:
            self._tell(account, events.leverage_update(symbol, leverage, self._epoch_ms()))

    def trigger_rejected(self, order: Order, reason: str) -> None:
        """Sent until 2025-12-15, when conditional orders moved to another API."""
        if order.account in self._listeners and not self._reasons:
            self._tell(order.account, events.trigger_reject(order, reason, self._epoch_ms()))

    def _tell(self, account: Account, event: events.Event) -> None:
        for consumer, key in self._listeners.get(account, {}).items():
            consumer.put(Message(key, event))
            self._written(consumer)
