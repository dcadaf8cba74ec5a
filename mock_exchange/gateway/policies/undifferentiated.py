"""`undifferentiated`: what the venue documented on 2023-09-19. Every order verb sheds, cancels too."""

from __future__ import annotations

from mock_exchange.gateway.policies.messages import ADMIT, SHED, Decision, NodeView, Request


class Undifferentiated:
    """admit iff n < c, for everybody; serve first come, first served.

    With Poisson arrivals, an instant engine and any handling law the shed share is Erlang B:
    B(0) = 1, B(k) = a·B(k−1) / (k + a·B(k−1)), a = arrival rate × mean handling time.

    - n < c: everybody gets in.
    - n = c: everybody is shed alike, those who want out and cancels among them.

    Source: the venue's change log of 2023-09-19 (-1008 on POST, PUT and DELETE of orders).

    >>> from mock_exchange.tryout import TryOut
    >>> gate = TryOut(Undifferentiated(), slots=1, position="1")
    >>> gate.opening(), gate.reducing("0.1"), gate.cancel()
    ('admitted', 'shed', 'shed')
    """

    def admit(self, request: Request, node: NodeView) -> Decision:
        return ADMIT if node.in_flight < node.slots else SHED
