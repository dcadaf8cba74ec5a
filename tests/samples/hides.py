"""Overload is hidden behind -2022: nobody who reduces ever sees -1008."""

from __future__ import annotations

from fireexit.policy import ADMIT, Decision, NodeView, Request


class Hide:
    def admit(self, request: Request, node: NodeView) -> Decision:
        if node.in_flight < node.slots:
            return ADMIT
        return Decision("shed", code=-2022 if request.klass == "reducing" else -1008)
