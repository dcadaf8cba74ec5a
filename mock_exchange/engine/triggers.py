"""Conditional orders waiting for their price."""

from __future__ import annotations

from heapq import heapify, heappop, heappush

from mypy_extensions import mypyc_attr

from mock_exchange.engine.accounts import Order
from mock_exchange.engine.requests import BUY, CONDITIONAL_KINDS, CONTRACT_PRICE, MARK_PRICE


def rises_to_trigger(kind: str, side: int) -> bool:
    """STOP BUY and TAKE_PROFIT SELL trigger when the price has risen to the stop, the others when it
    has fallen to it."""
    return (side == BUY) == kind.startswith("STOP")


def is_due(kind: str, side: int, stop_price: int, price: int) -> bool:
    return price >= stop_price if rises_to_trigger(kind, side) else price <= stop_price


@mypyc_attr(allow_interpreted_subclasses=True)  # see recovery.bookmark
class TriggerBook:
    """Waiting orders of one symbol by watched price, protection and direction, nearest stop first.

    Cancelled orders stay in the heaps until they surface; `pending` says which are still waiting.
    """

    __slots__ = ("_heaps", "pending")

    def __init__(self) -> None:
        self._heaps: dict[tuple[str, bool, bool], list[tuple[int, int, Order]]] = {}
        self.pending: set[int] = set()

    def __contains__(self, order: Order) -> bool:
        return order.order_id in self.pending

    def add(self, order: Order) -> None:
        trigger = order.trigger
        assert trigger is not None
        rising = rises_to_trigger(order.kind, order.side)
        heap = self._heaps.setdefault((trigger.working_type, trigger.price_protect, rising), [])
        # A heap gives the smallest first: the nearest stop for prices that rise, negated for those that fall.
        key = trigger.stop_price if rising else -trigger.stop_price
        heappush(heap, (key, order.order_id, order))
        self.pending.add(order.order_id)

    def discard(self, order: Order) -> None:
        self.pending.discard(order.order_id)
        if sum(map(len, self._heaps.values())) > 2 * len(self.pending) + 64:
            self._compact()

    def _compact(self) -> None:
        """Drop what was cancelled."""
        for heap in self._heaps.values():
            heap[:] = [row for row in heap if row[1] in self.pending]
            heapify(heap)

    def pop_due(self, contract: int, mark: int, protected: bool) -> Order | None:
        """The next order whose stop the watched price has reached. `protected` holds back orders with
        price protection, because contract and mark price are too far apart. Price 0 triggers nothing."""
        for (working_type, protect, rising), heap in self._heaps.items():
            if protect and protected:
                continue
            price = mark if working_type == MARK_PRICE else contract
            while heap and price:
                key, order_id, order = heap[0]
                if order_id not in self.pending:
                    heappop(heap)
                elif price >= key if rising else -price >= key:
                    heappop(heap)
                    self.pending.discard(order_id)
                    return order
                else:
                    break
        return None


def would_trigger(kind: str, side: int, stop_price: int, working_type: str, contract: int, mark: int) -> bool:
    """Whether the order would trigger on arrival (-2021)."""
    price = contract if working_type == CONTRACT_PRICE else mark
    return kind in CONDITIONAL_KINDS and price > 0 and is_due(kind, side, stop_price, price)
