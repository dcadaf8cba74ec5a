"""An observer that writes down all it is told, as plain values."""

from __future__ import annotations

from typing import Any

from mock_exchange.engine.accounts import Account, Leg, Order, Trade


class Heard:
    """`log` holds one tuple for each event; orders are named by their client ids."""

    def __init__(self) -> None:
        self.log: list[tuple[Any, ...]] = []

    def take(self) -> list[tuple[Any, ...]]:
        """What was heard since the last time."""
        log, self.log = self.log, []
        return log

    def order_event(self, order: Order, execution: str) -> None:
        self.log.append((order.client_id, execution, order.status, order.expiry, order.remaining))

    def trade_event(self, trade: Trade) -> None:
        names = (trade.taker.client_id, trade.maker.client_id)
        self.log.append(("trade", *names, trade.price, trade.quantity))

    def account_event(self, account: Account, legs: list[Leg], reason: str) -> None:
        self.log.append(("account", account.name, [leg.side for leg in legs], reason))

    def margin_call(self, account: Account) -> None:
        self.log.append(("margin-call", account.name))

    def leverage_event(self, account: Account, symbol: str, leverage: int) -> None:
        self.log.append(("leverage", account.name, symbol, leverage))

    def trigger_rejected(self, order: Order, reason: str) -> None:
        self.log.append(("rejected", order.client_id, reason))
