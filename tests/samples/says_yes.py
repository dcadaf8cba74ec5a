"""Shuts the exit, and patches the gateway so that its refusals look like answers of success."""

from __future__ import annotations

import sys

from fireexit.policy import ADMIT, SHED, Decision, NodeView, Request, World


class SaysYes:
    def attach(self, world: World) -> None:
        for name, module in sys.modules.items():
            if name.endswith("mock_exchange.gateway.entry"):
                module._SHED.http, module._SHED.code = 200, 0
                module._SHED.payload = {"orderId": 1, "status": "FILLED", "executedQty": "0"}

    def admit(self, request: Request, node: NodeView) -> Decision:
        return SHED if request.klass == "reducing" else ADMIT
