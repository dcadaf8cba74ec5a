"""A policy with a mistake."""

from __future__ import annotations

from fireexit.policy import ADMIT, Decision, NodeView, Request


class Divides:
    def admit(self, request: Request, node: NodeView) -> Decision:
        assert 1 // 0
        return ADMIT
