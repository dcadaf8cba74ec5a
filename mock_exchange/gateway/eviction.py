"""Who has to make room in a full node."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from mock_exchange.gateway.attempt import Attempt
from mock_exchange.gateway.boundary import Boundary
from mock_exchange.gateway.stations import Station


def victim_for(attempt: Attempt, shards: Sequence[Station[Attempt]], boundary: Boundary) -> Attempt | None:
    """The waiting attempt that the policy names, else the newest of the worst priority below the
    newcomer's."""
    fits = _may_go_for(attempt)
    if boundary.names_victims:
        number = boundary.victim(attempt)
        found = [s.find(lambda other: other.request.number == number and fits(other)) for s in shards]
    else:
        found = [s.newest_worse_than(attempt.priority, fits) for s in shards]
    return max(filter(None, found), key=lambda a: (a.priority, a.queued), default=None)


def _may_go_for(attempt: Attempt) -> Callable[[Attempt], bool]:
    """Only a slot of the same node helps, and whoever has had an answer is executed."""
    return lambda other: other.node is attempt.node and not other.settled
