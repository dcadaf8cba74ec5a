"""The venue that starts when nobody has said what it should be like: liquid, generous, never overloaded."""

from __future__ import annotations

from mock_exchange.engine.symbols import symbols
from mock_exchange.errors import EPOCH_CURRENT
from mock_exchange.gateway.config import MEDIAN, GatewayConfig
from mock_exchange.plan import AccountPlan, Plan, book_from_texts
from run_records.scaled import MONEY_UNIT

GUEST = "guest"
DEPOSIT_USDT = 100_000
_BOOKS = (
    # symbol, price, ticks between levels, quantity a level: near the market of 2025-10-10
    ("BTCUSDT", "113000.00", 10, "5"),
    ("ETHUSDT", "3850.00", 10, "80"),
    ("SOLUSDT", "190.0000", 10, "1500"),
    ("DOGEUSDT", "0.192450", 5, "500000"),
    ("XRPUSDT", "2.4000", 2, "40000"),
    ("ATOMUSDT", "3.500", 1, "5000"),
)
_LEVELS = 50


def default_plan(
    *,
    accounts: int = 2,
    deposit_usdt: int = DEPOSIT_USDT,
    epoch: str = EPOCH_CURRENT,
    policy: str = "exempt",
    slots: int = 1000,
    seed: int = 1,
) -> Plan:
    """`guest-0`, `guest-1`… with `deposit_usdt` each; books on all symbols; marks by the median rule.
    Raises ValueError for an unknown epoch fewer than one account or a negative deposit."""
    if accounts < 1:
        raise ValueError("at least one account")
    if deposit_usdt < 0:
        raise ValueError("a deposit cannot be negative")
    venue = {"epoch": epoch, "marking": MEDIAN, "slots": slots}
    listed = symbols()
    return Plan(
        gateway=GatewayConfig.from_dict(venue),
        policy=policy,
        policy_parameters={},
        seed=seed,
        epoch_start_ms=0,
        books=tuple(
            book_from_texts(listed[name], price, _LEVELS, spacing, quantity)
            for name, price, spacing, quantity in _BOOKS
        ),
        accounts=tuple(AccountPlan(f"{GUEST}-{n}", deposit_usdt * MONEY_UNIT) for n in range(accounts)),
    )
