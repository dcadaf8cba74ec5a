"""One symbol's market: its prices, its book, its waiting conditional orders, its tape."""

from __future__ import annotations

from mypy_extensions import mypyc_attr

from mock_exchange.engine.accounts import Leg
from mock_exchange.engine.book import BookSide
from mock_exchange.engine.marking import Marking
from mock_exchange.engine.prices import Prices
from mock_exchange.engine.requests import BUY, SELL
from mock_exchange.engine.symbols import RATIO_UNIT, Symbol
from mock_exchange.engine.tape import Tape
from mock_exchange.engine.triggers import TriggerBook


@mypyc_attr(allow_interpreted_subclasses=True)  # see recovery.bookmark
class Market(Prices):
    """A symbol's prices and all that makes them. `update_id` counts changes of the book. `holders` are the
    position legs that are not flat, in the order in which they were opened."""

    __slots__ = ("asks", "bids", "holders", "marking", "tape", "triggers", "update_id")

    def __init__(self, symbol: Symbol) -> None:
        super().__init__(symbol)
        self.bids = BookSide(BUY)
        self.asks = BookSide(SELL)
        self.update_id = 1
        self.marking = Marking()
        self.triggers = TriggerBook()
        self.tape = Tape()
        self.holders: dict[Leg, None] = {}

    def side(self, side: int) -> BookSide:
        return self.bids if side == BUY else self.asks

    def best_price(self, side: int) -> int | None:
        level = self.side(side).best()
        return None if level is None else level.price

    def is_torn(self) -> bool:
        """Mark and contract price are further apart than `triggerProtect`: protected orders wait."""
        return abs(self.mark - self.last) * RATIO_UNIT > self.mark * self.symbol.trigger_protect

    def remark(self, now_ms: int) -> None:
        """Sample basis and premium, and mark by the median."""
        self.marking.sample(self, self.bids, self.asks)
        self.mark = self.marking.mark(self, now_ms)

    def open_interest(self) -> int:
        """Quantity held long, which is also what is held short."""
        return sum(leg.amount for leg in self.holders if leg.amount > 0)
