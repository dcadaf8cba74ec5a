"""What numbers of a scenario may be, by their key. A venue, a crowd or a run beyond these is a slip of the
pen."""

from __future__ import annotations

from run_records.bounds import Range

DAY_S = 86_400
MOST_ACCOUNTS = 100_000
SHARE: Range = (0, 1)
_COUNT: Range = (0, 1_000_000)
_ACCOUNTS: Range = (0, MOST_ACCOUNTS)
_USDT: Range = (0, 1e12)
RANGES: dict[str, Range] = {
    "*_s": (0, DAY_S),
    "*_ms": (0, 1000 * DAY_S),
    "*_usdt": _USDT,
    "starts_at_ms": (0, 1 << 53),
    "time_scale": (1e-4, 1e4),
    "nodes": (1, 1_000),
    "lost_nodes": (0, 999),
    "shards": (1, 1_000),
    "slots": (1, 1_000_000),
    "workers": _COUNT,
    "weight_per_minute": (1, 1e9),
    "orders_per_10s": (1, 1e9),
    "orders_per_minute": (1, 1e9),
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
    "lying_share": SHARE,
}
