"""What an account may set about itself, and when. Nothing here changes anything."""

from __future__ import annotations

from typing import Final

from mock_exchange.engine.accounts import Account
from mock_exchange.engine.symbols import Symbol
from mock_exchange.errors import Refused

CROSSED: Final = "CROSSED"
ISOLATED: Final = "ISOLATED"
_NOT_OFFERED: Final = -4084


def check_leverage(account: Account, symbol: Symbol, leverage: int) -> None:
    """Refused: -4028 out of range, -2027 position too large for it, -2028 not enough margin."""
    if not 1 <= leverage <= symbol.brackets[0].leverage:
        raise Refused(-4028, leverage)
    legs = account.legs_of(symbol)
    if any(leg.exposure() > symbol.max_notional(leverage) for leg in legs):
        raise Refused(-2027)
    more = sum(-(-leg.exposure() // leverage) - leg.initial_margin() for leg in legs)
    if more > 0 and account.available() < more:
        raise Refused(-2028)


def check_hedge_mode(account: Account, hedge_mode: bool) -> None:
    """Refused with -4059 if set already, -4067 with open orders, -4068 with a position."""
    if account.hedge_mode == hedge_mode:
        raise Refused(-4059)
    if account.orders:
        raise Refused(-4067)
    if not account.is_flat():
        raise Refused(-4068)


def check_margin_type(account: Account, symbol: Symbol, margin_type: str) -> None:
    """Cross margin only: -4046 for CROSSED, which is set already; ISOLATED is refused with -4047 (open
    orders), -4048 (position) or, since it is not offered here, -4084."""
    if margin_type == CROSSED:
        raise Refused(-4046)
    if any(order.symbol is symbol for order in account.orders.values()):
        raise Refused(-4047)
    if account.holds(symbol):
        raise Refused(-4048)
    raise Refused(_NOT_OFFERED)


def check_multi_assets(account: Account, wanted: bool) -> None:
    """Single-asset mode only: -4171 for false, which is set already; true is refused with -4170 (open
    orders) or -4084."""
    if not wanted:
        raise Refused(-4171)
    raise Refused(-4170 if account.orders else _NOT_OFFERED)
