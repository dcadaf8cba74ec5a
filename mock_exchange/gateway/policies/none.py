"""`none`: admits everything. Puts our engine behind a user's own gateway."""

from __future__ import annotations

from mock_exchange.gateway.attempt import Attempt
from mock_exchange.gateway.nodes import Node
from mock_exchange.gateway.policies.base import ADMIT


class AdmitAll:
    """admit always; serve first come, first served. Delay grows without bound above capacity."""

    def admit(self, attempt: Attempt, node: Node) -> int:
        return ADMIT

    def priority(self, attempt: Attempt) -> int:
        return 0
