"""What numbers of a scenario may be, by their key. A venue, a crowd or a run beyond these is a slip of the
pen."""

from __future__ import annotations

from mock_exchange.gateway.config import VENUE_RANGES
from run_records.bounds import Range

DAY_S = 86_400
MOST_ACCOUNTS = 100_000
SHARE: Range = (0, 1)
_COUNT: Range = (0, 1_000_000)
_ACCOUNTS: Range = (0, MOST_ACCOUNTS)
_USDT: Range = (0, 1e12)
RANGES: dict[str, Range] = {
    **VENUE_RANGES,
    "*_s": (0, DAY_S),
    "*_usdt": _USDT,
    "starts_at_ms": (0, 1 << 53),
    "time_scale": (1e-4, 1e4),
    "accounts": _ACCOUNTS,
    "users": _ACCOUNTS,
    "per_symbol": _ACCOUNTS,
    "portfolio_accounts": _ACCOUNTS,
    "rate": (0, 1_000_000),
    "factor": (0, 1_000),
    "levels": (0, 1_000),
    "spacing_ticks": (1, 1_000_000),
    "leverage_from": (1, 125),
    "leverage_to": (1, 125),
    "clips": _COUNT,
    "patience": _COUNT,
    "tries": _COUNT,
    "noise": SHARE,
}
