"""Exact decimal text to scaled integers and back. Money is never a binary float."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

MONEY_PRECISION: Final = 8
MONEY_UNIT: Final[int] = 10**MONEY_PRECISION
"""Integer units per USDT: all balances, costs, fees and margins are counted in 1e-8 USDT."""

_PLAIN: Final = re.compile(r"\d{1,18}(?:\.\d{1,18})?", re.ASCII)


class TooPreciseError(ValueError):
    """The text has more significant decimals than the scale can hold."""


@lru_cache(maxsize=16_384)
def parse_scaled(text: str, precision: int) -> int:
    """`"0.250"` at precision 2 is 25. Raises ValueError for anything but plain non-negative digits,
    TooPreciseError for decimals (other than trailing zeros) beyond `precision`. Sizes and prices repeat,
    so recent results are remembered."""
    if _PLAIN.fullmatch(text) is None:
        raise ValueError(f"not a plain decimal: {text[:40]!r}")
    whole, _, fraction = text.partition(".")
    if len(fraction) > precision:
        fraction = fraction.rstrip("0")
        if len(fraction) > precision:
            raise TooPreciseError(text)
    return int((whole + fraction).ljust(len(whole) + precision, "0"))


def format_scaled(value: int, precision: int) -> str:
    """25 at precision 2 is `"0.25"`; all decimals are written."""
    if precision == 0:
        return str(value)
    sign = "-" if value < 0 else ""
    digits = str(abs(value)).rjust(precision + 1, "0")
    return f"{sign}{digits[:-precision]}.{digits[-precision:]}"


def notional(price: int, quantity: int, decimals: int) -> int:
    """Price times quantity in 1e-8 USDT, rounded down; `decimals` are those of both together."""
    scale: int = 10**decimals
    return price * quantity * MONEY_UNIT // scale


@lru_cache(maxsize=16_384)
def format_trimmed(value: int, precision: int) -> str:
    """25 at precision 3 is `"0.025"`, 1000 at precision 3 is `"1"`: no trailing zeros."""
    if precision == 0:
        return str(value)
    text = format_scaled(value, precision).rstrip("0")
    return text[:-1] if text.endswith(".") else text


def format_money(value: int) -> str:
    """1e-8 USDT units as the decimal string the venue sends."""
    return format_scaled(value, MONEY_PRECISION)


def parse_money(text: str) -> int:
    """A USDT amount, possibly negative, in 1e-8 units. Raises ValueError."""
    negative = text.startswith("-")
    value = parse_scaled(text[negative:], MONEY_PRECISION)
    return -value if negative else value
