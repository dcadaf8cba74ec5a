"""`none`: admits everything. Puts our engine behind a user's own gateway."""

from __future__ import annotations

from mock_exchange.gateway.policies.messages import ADMIT, Decision, NodeView, Request


class AdmitAll:
    """admit always; serve first come, first served.

    - Below capacity: nobody notices.
    - Above: the queue and everybody's delay grow without bound, and past the deadline all work is in vain.

    Source: what is left when a gateway of one's own stands in front.

    >>> from mock_exchange.tryout import TryOut
    >>> gate = TryOut(AdmitAll(), slots=1)
    >>> gate.opening(), gate.opening()
    ('admitted', 'admitted')
    """

    def admit(self, request: Request, node: NodeView) -> Decision:
        return ADMIT
