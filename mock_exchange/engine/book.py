"""Markets and their limit order books: price levels in a dict, best prices on a heap, FIFO inside a level.

Heap and dict hold the same prices: a level emptied by cancels stays until its price surfaces, so
nothing ever searches the heap. All operations are O(log levels) or better, amortised.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator
from heapq import heapify, heappop, heappush

from mock_exchange.engine.orders import BUY, SELL, Order
from mock_exchange.engine.symbols import Symbol


class Level:
    """Orders resting at one price in time priority; `total` is their remaining quantity."""

    __slots__ = ("orders", "price", "total")

    def __init__(self, price: int) -> None:
        self.price = price
        self.total = 0
        self.orders: OrderedDict[int, Order] = OrderedDict()


class BookSide:
    """One side of a book. Heap keys are `-side * price`, so that the best price is the smallest."""

    __slots__ = ("_empty", "_heap", "_levels", "side")

    def __init__(self, side: int) -> None:
        self.side = side
        self._levels: dict[int, Level] = {}
        self._heap: list[int] = []
        self._empty = 0

    def add(self, order: Order) -> None:
        price = order.price
        level = self._levels.get(price)
        if level is None:
            level = self._levels[price] = Level(price)
            heappush(self._heap, -self.side * price)
        elif not level.orders:
            self._empty -= 1
        level.orders[order.order_id] = order
        level.total += order.remaining

    def remove(self, order: Order) -> None:
        """Take a resting order out; its remaining quantity leaves the level with it."""
        level = self._levels[order.price]
        del level.orders[order.order_id]
        level.total -= order.remaining
        if not level.orders:
            self._empty += 1
            if self._empty > 64 and self._empty * 2 > len(self._levels):
                self._compact()

    def reduce(self, order: Order, quantity: int) -> None:
        """A resting order is about to lose `quantity`; it keeps its place."""
        self._levels[order.price].total -= quantity

    def best(self) -> Level | None:
        """The best non-empty level, or None for an empty side."""
        heap = self._heap
        while heap:
            level = self._levels[-self.side * heap[0]]
            if level.orders:
                return level
            heappop(heap)
            del self._levels[level.price]
            self._empty -= 1
        return None

    def depth(self, limit: int) -> list[tuple[int, int]]:
        """(price, quantity) of up to `limit` levels, best first."""
        prices = sorted((p for p, level in self._levels.items() if level.orders), reverse=self.side == BUY)
        return [(price, self._levels[price].total) for price in prices[:limit]]

    def orders_within(self, limit_price: int) -> Iterator[Order]:
        """Resting orders at `limit_price` or better, in no particular order."""
        side = self.side
        for price, level in self._levels.items():
            if side * price >= side * limit_price:
                yield from level.orders.values()

    def _compact(self) -> None:
        self._levels = {price: level for price, level in self._levels.items() if level.orders}
        self._heap = [-self.side * price for price in self._levels]
        heapify(self._heap)
        self._empty = 0


class Market:
    """One symbol's book and prices. Prices are scaled; `update_id` counts changes of the book."""

    __slots__ = ("asks", "bids", "mark", "symbol", "update_id")

    def __init__(self, symbol: Symbol) -> None:
        self.symbol = symbol
        self.bids = BookSide(BUY)
        self.asks = BookSide(SELL)
        self.mark = 0
        self.update_id = 1

    def side(self, side: int) -> BookSide:
        return self.bids if side == BUY else self.asks
