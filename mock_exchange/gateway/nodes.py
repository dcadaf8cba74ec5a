"""A gateway node: its slots, and what it takes for spoken for."""

from __future__ import annotations

from binascii import crc32

Side = tuple[int, int, str, int]
"""A side of a position: account number, symbol index, position side, and BUY or SELL to make it smaller."""


class Node:
    """`in_flight` of its `slots` are held: each from an attempt's admission until it is answered.

    `reserved` are the quantities that admitted, unfinished attempts of this node are going to close, by side
    of a position; what other nodes have admitted it does not know. Little's law for the slots: `area_ns` =
    ∫ in_flight dt, `held_ns` = Σ times held.
    """

    __slots__ = ("area_ns", "changed_ns", "held_ns", "in_flight", "lost", "number", "reserved", "slots")

    def __init__(self, number: int, slots: int, now: int = 0) -> None:
        self.number = number
        self.slots = slots
        self.in_flight = 0
        self.reserved: dict[Side, int] = {}
        self.lost = False
        self.area_ns = 0
        self.held_ns = 0
        self.changed_ns = now

    def enter(self, now: int) -> int:
        """One more slot is held; returns how many are."""
        self.area_ns += self.in_flight * (now - self.changed_ns)
        self.changed_ns = now
        self.in_flight += 1
        return self.in_flight

    def leave(self, since: int, now: int) -> None:
        """A slot held since then is free."""
        self.area_ns += self.in_flight * (now - self.changed_ns)
        self.changed_ns = now
        self.in_flight -= 1
        self.held_ns += now - since

    def books(self, now: int) -> tuple[int, int]:
        """Little's law up to now; both sides agree once nothing is in flight."""
        return self.area_ns + self.in_flight * (now - self.changed_ns), self.held_ns

    def reserve(self, side: Side, quantity: int) -> None:
        """An admitted attempt is going to close that much."""
        self.reserved[side] = self.reserved.get(side, 0) + quantity

    def release(self, side: Side, quantity: int) -> None:
        """Its effect is known, or it will have none."""
        left = self.reserved[side] - quantity
        # Nothing is kept of what is over: accounts come and go by the ten thousand.
        if left:
            self.reserved[side] = left
        else:
            del self.reserved[side]


def node_number(ip: str, nodes: int) -> int:
    """The node that serves a source address: connections are spread by address, here as in simulation."""
    return crc32(ip.encode()) % nodes
