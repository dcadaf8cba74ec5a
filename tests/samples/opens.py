"""Everybody gets in."""

from __future__ import annotations

from fireexit.policy import ADMIT, Decision, NodeView, Request


class Open:
    def admit(self, request: Request, node: NodeView) -> Decision:
        return ADMIT
