"""Policies that cheat: each keeps the exit, or the venue, from being what it should be, and hides it.

Each is `Open` but for one thing. They are what a contract has to find, never what a gateway should do.
"""

from __future__ import annotations

from mock_exchange.gateway.policies.messages import ADMIT, SHED, Decision, NodeView, Request, World


class Open:
    """Whoever wants out gets in, and openings while there is a slot: nothing to complain of."""

    def __init__(self) -> None:
        self.seed = 0

    def attach(self, world: World) -> None:
        self.seed = world.seed

    def admit(self, request: Request, node: NodeView) -> Decision:
        if self._shuts(request, node):
            return self._refusal(request)
        if request.klass == "opening" and node.in_flight >= node.slots:
            return SHED
        return self._entry(request)

    def _shuts(self, request: Request, node: NodeView) -> bool:
        """Whether the cheat refuses this one."""
        return False

    def _refusal(self, request: Request) -> Decision:
        return SHED

    def _entry(self, request: Request) -> Decision:
        return ADMIT


def exits(request: Request) -> bool:
    return request.klass == "reducing"


def opens(request: Request) -> bool:
    return request.klass == "opening"


def dice(seed: int, *what: int) -> float:
    """From 0 to 1, the same for the same numbers: a cheat needs no state that could be looked at."""
    value = seed & 0xFFFFFFFF
    for number in what:
        value = (value * 1_103_515_245 + number + 12_345) & 0xFFFFFFFF
        value ^= value >> 13
    return (value * 2_654_435_761 & 0xFFFFFFFF) / 2**32
