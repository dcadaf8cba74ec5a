"""A limit order book: price levels in a dict, best prices on a heap, FIFO inside a level.

Heap and dict hold the same prices: a level emptied by cancels stays until its price surfaces, so
nothing ever searches the heap. All operations are O(log levels) or better, amortised.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator
from heapq import heapify, heappop, heappush
from itertools import islice, takewhile

from mypy_extensions import mypyc_attr

from mock_exchange.engine.accounts import Order


@mypyc_attr(allow_interpreted_subclasses=True)  # see recovery.bookmark
class Level:
    """Orders resting at one price in time priority; `total` is their remaining quantity."""

    __slots__ = ("orders", "price", "total")

    def __init__(self, price: int) -> None:
        self.price = price
        self.total = 0
        self.orders: OrderedDict[int, Order] = OrderedDict()


@mypyc_attr(allow_interpreted_subclasses=True)  # see recovery.bookmark
class BookSide:
    """One side of a book. Heap keys are `-side * price`, so that the best price is the smallest.

    `changed` collects the prices of levels that changed, while somebody wants to know; else None.
    """

    __slots__ = ("_empty", "_heap", "_levels", "changed", "side")

    def __init__(self, side: int) -> None:
        self.side = side
        self._levels: dict[int, Level] = {}
        self._heap: list[int] = []
        self._empty = 0
        self.changed: set[int] | None = None

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
        if self.changed is not None:
            self.changed.add(price)

    def remove(self, order: Order) -> None:
        """Take a resting order out; its remaining quantity leaves the level with it."""
        level = self._levels[order.price]
        del level.orders[order.order_id]
        level.total -= order.remaining
        if self.changed is not None:
            self.changed.add(order.price)
        if not level.orders:
            self._empty += 1
            if self._empty > 64 and self._empty * 2 > len(self._levels):
                self._compact()

    def reduce(self, order: Order, quantity: int) -> None:
        """A resting order is about to lose `quantity`; it keeps its place."""
        self._levels[order.price].total -= quantity
        if self.changed is not None:
            self.changed.add(order.price)

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

    def best_quote(self) -> tuple[int, int] | None:
        """(price, quantity) of the best level."""
        level = self.best()
        return None if level is None else (level.price, level.total)

    def total_at(self, price: int) -> int:
        """Remaining quantity at a price; 0 where nothing rests."""
        level = self._levels.get(price)
        return level.total if level is not None else 0

    def levels(self) -> Iterator[Level]:
        """Non-empty levels, best first; O(log k) for the k-th, whatever the size of the book."""
        heap = self._heap
        frontier = [(heap[0], 0)] if heap else []
        while frontier:
            key, place = heappop(frontier)
            level = self._levels[-self.side * key]
            if level.orders:
                yield level
            for child in (2 * place + 1, 2 * place + 2):
                if child < len(heap):
                    heappush(frontier, (heap[child], child))

    def depth(self, limit: int) -> list[tuple[int, int]]:
        """(price, quantity) of up to `limit` levels, best first."""
        return [(level.price, level.total) for level in islice(self.levels(), limit)]

    def orders_within(self, limit_price: int) -> Iterator[Order]:
        """Resting orders at `limit_price` or better, in price-time priority."""
        for level in takewhile(
            lambda level: self.side * level.price >= self.side * limit_price, self.levels()
        ):
            yield from level.orders.values()

    def _compact(self) -> None:
        self._levels = {price: level for price, level in self._levels.items() if level.orders}
        self._heap = [-self.side * price for price in self._levels]
        heapify(self._heap)
        self._empty = 0
