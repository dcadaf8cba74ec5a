"""What an engine tells whoever listens, at the moment it happens."""

from __future__ import annotations

from typing import Protocol

from mock_exchange.engine.accounts import Account, Leg, Order, Trade


class Observer(Protocol):
    """Listener of an engine. Orders and accounts change on afterwards: keep copies, not references.

    Executions are statuses or TRADE, AMENDMENT, CALCULATED; reasons are those of ACCOUNT_UPDATE.
    """

    def order_event(self, order: Order, execution: str) -> None:
        """An order was taken, ended or amended; fills are told by `trade_event`."""

    def trade_event(self, trade: Trade) -> None:
        """A match, settled on both sides."""

    def account_event(self, account: Account, legs: list[Leg], reason: str) -> None:
        """Balance, and these positions, changed by something else than a trade."""

    def margin_call(self, account: Account) -> None:
        """Maintenance margin has grown to most of the margin balance."""

    def leverage_event(self, account: Account, symbol: str, leverage: int) -> None:
        """The leverage of a symbol was changed."""

    def trigger_rejected(self, order: Order, reason: str) -> None:
        """A conditional order's price was reached, but it may not execute."""
