"""A policy with another mistake."""

from __future__ import annotations

from fireexit.policy import Decision, NodeView, Request


class LooksUp:
    def admit(self, request: Request, node: NodeView) -> Decision:
        raise KeyError("oops")
