"""Everybody is let in, and what happens behind the gate is another matter."""

from __future__ import annotations

from mock_exchange.gateway.policies.messages import ADMIT, SHED, Decision, NodeView, Note, Request, Turn
from tests.adversary.policies import Open, dice, exits, opens


class ExitsLast(Open):
    """Let in, and every younger opening is served first."""

    def _entry(self, request: Request) -> Decision:
        return Decision("admit", priority=7 if exits(request) else 0)


class ExitsBehindYoungerOpenings(Open):
    """The same to most of them."""

    def _entry(self, request: Request) -> Decision:
        behind = exits(request) and dice(self.seed, request.number) < 0.8
        return Decision("admit", priority=7 if behind else 0)


class CancelsLast(Open):
    def _entry(self, request: Request) -> Decision:
        return Decision("admit", priority=7 if request.klass == "cancel" else 0)


class DroppedAtTheirTurn(Open):
    """Admitted, and dropped when the engine would have taken them."""

    def keep(self, request: Request, note: Note, turn: Turn) -> bool:
        return not exits(request) or turn.answered


class SomeDroppedAtTheirTurn(Open):
    def keep(self, request: Request, note: Note, turn: Turn) -> bool:
        dropped = exits(request) and dice(self.seed, request.number) < 0.03
        return not dropped or turn.answered


class ExitsEvictedByOpenings(Open):
    """A full node lets openings in at the cost of exits that wait."""

    def admit(self, request: Request, node: NodeView) -> Decision:
        full = node.in_flight >= node.slots
        if exits(request):
            return Decision("admit", priority=7)
        if opens(request):
            return Decision("evict" if full else "admit", priority=0)
        return ADMIT


class NobodyOpens(Open):
    """The best exit of all: a venue that does nothing else."""

    def _shuts(self, request: Request, node: NodeView) -> bool:
        return opens(request)


class NearlyNobodyOpens(Open):
    def _shuts(self, request: Request, node: NodeView) -> bool:
        return opens(request) and dice(self.seed, request.arrived_ns // 500_000_000) < 0.6


class OpenToAll(Open):
    """No gate at all: the queue grows until every answer is too late."""

    def admit(self, request: Request, node: NodeView) -> Decision:
        return ADMIT


class WorkInVain(Open):
    """More openings are let in than can be answered in time: they are executed when nobody waits any more."""

    def admit(self, request: Request, node: NodeView) -> Decision:
        if opens(request):
            return SHED if node.in_flight >= 15 * node.slots else Decision("admit", priority=7)
        return Decision("admit", priority=0)
