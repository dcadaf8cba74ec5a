"""Mark price and funding rate of one symbol, as the venue defines them.

mark = median(Price1, Price2, contract price), where
Price1 = index × (1 + last funding rate × hours to funding / interval hours) and
Price2 = index + mean of (mid − index) over 30 samples, one a second (in force since 2025-09-18).

funding rate = average premium + clamp(interest − average premium, ±0.05 %), capped per symbol; premium =
(max(0, impact bid − index) − max(0, index − impact ask)) / index, averaged over the interval's samples.
Rates are integers in 1e-8.
"""

from __future__ import annotations

from collections import deque
from typing import Final

from mypy_extensions import mypyc_attr

from mock_exchange.engine.book import BookSide
from mock_exchange.engine.prices import Prices
from mock_exchange.engine.symbols import Symbol

RATE_UNIT: Final = 100_000_000
FUNDING_INTERVAL_MS: Final = 8 * 3_600_000
INTEREST_RATE: Final = 10_000
"""0.01 % per interval of eight hours."""
_CLAMP: Final = 50_000
BASIS_SAMPLES: Final = 30
IMPACT_MARGIN: Final = 200
"""USDT of margin that the impact notional corresponds to at the symbol's highest leverage."""


@mypyc_attr(allow_interpreted_subclasses=True)  # see recovery.bookmark
class Marking:
    """Samples of one symbol's basis and premium, and the funding rate last settled."""

    __slots__ = ("_basis", "_premium_count", "_premium_sum", "last_rate")

    def __init__(self) -> None:
        self._basis: deque[int] = deque(maxlen=BASIS_SAMPLES)
        self._premium_sum = 0
        self._premium_count = 0
        self.last_rate = INTEREST_RATE

    def sample(self, prices: Prices, bids: BookSide, asks: BookSide) -> None:
        """Take this second's basis and premium; a one-sided book has neither."""
        bid, ask = bids.best(), asks.best()
        index, symbol = prices.index, prices.symbol
        # Half a book says nothing of a basis; the samples before go on counting.
        if bid is None or ask is None or not index:
            return
        self._basis.append((bid.price + ask.price) // 2 - index)
        notional = IMPACT_MARGIN * symbol.brackets[0].leverage * RATE_UNIT
        impact_bid = _impact_price(bids, symbol, notional)
        impact_ask = _impact_price(asks, symbol, notional)
        premium = max(0, impact_bid - index) - max(0, index - impact_ask)
        self._premium_sum += premium * RATE_UNIT // index
        self._premium_count += 1

    def mark(self, prices: Prices, now_ms: int) -> int:
        """The mark price, rounded to the price scale."""
        index = prices.index
        left = next_funding(now_ms) - now_ms
        price1 = index + index * self.last_rate * left // (RATE_UNIT * FUNDING_INTERVAL_MS)
        price2 = index + (sum(self._basis) // len(self._basis) if self._basis else 0)
        return sorted((price1, price2, prices.last or index))[1]

    def rate(self, cap: int) -> int:
        """The funding rate that would be settled now."""
        premium = self._premium_sum // self._premium_count if self._premium_count else 0
        rate = premium + max(-_CLAMP, min(_CLAMP, INTEREST_RATE - premium))
        return max(-cap, min(cap, rate))

    def settle(self, cap: int) -> int:
        """The rate to settle with; sampling starts over."""
        self.last_rate = self.rate(cap)
        self._premium_sum = self._premium_count = 0
        return self.last_rate


def next_funding(now_ms: int) -> int:
    """The funding instant after `now_ms`: 00:00, 08:00 and 16:00 UTC."""
    # At the instant itself that is the one after: this one is being settled.
    return now_ms - now_ms % FUNDING_INTERVAL_MS + FUNDING_INTERVAL_MS


def _impact_price(side: BookSide, symbol: Symbol, notional: int) -> int:
    """Average price of trading `notional` (1e-8 USDT) into one side; its end if the book is thinner."""
    left = notional
    quantity = 0
    paid = 0
    for level in side.levels():
        worth = symbol.notional(level.price, level.total)
        if worth >= left:
            part = max(1, left // symbol.notional(level.price, 1))
            return (paid + part * level.price) // (quantity + part)
        left -= worth
        quantity += level.total
        paid += level.total * level.price
    return paid // quantity
