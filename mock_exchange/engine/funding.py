"""Funding: at each settlement longs pay shorts notional × rate, or the other way round if it is negative."""

from __future__ import annotations

from typing import Final

from mock_exchange.engine.accounts import Account
from mock_exchange.engine.market import Market
from mock_exchange.engine.marking import RATE_UNIT
from mock_exchange.engine.observer import Observer

FUNDINGS_KEPT: Final = 1000


def settle_funding(
    market: Market, fund: Account, now_ms: int, observer: Observer | None
) -> tuple[int, int, int]:
    """Settle one symbol; returns (time, rate in 1e-8, mark). What rounding leaves over is the fund's."""
    rate = market.marking.settle(market.symbol.funding_cap)
    left = 0
    for leg in market.holders:
        amount = -(leg.notional() * rate // RATE_UNIT)
        left -= amount
        leg.account.receive("FUNDING_FEE", market.symbol.name, amount, now_ms)
        if observer is not None:
            observer.account_event(leg.account, [], "FUNDING_FEE")
    fund.wallet += left
    return now_ms, rate, market.mark
