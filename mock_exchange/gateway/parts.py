"""What a gateway is put together from that is not in its configuration."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from mock_exchange.gateway.attempt import Attempt
from mock_exchange.gateway.life import Life
from mock_exchange.gateway.stations import Station
from mock_exchange.pickled import by_fields


@dataclass(frozen=True)
class Parts:
    """What a test may put in the place of ours: the queues, and the life of attempts."""

    station: type[Station[Attempt]] = Station
    life: Life = field(default_factory=Life)


@dataclass(frozen=True)
class Special:
    """Numbers of the accounts that the venue treats differently. `collateralised` (PM-like) ones are valued
    by the collateral service before each order; of `privileged` ones the policy is told."""

    collateralised: frozenset[int] = frozenset()
    privileged: tuple[int, ...] = ()

    def __reduce__(self) -> tuple[Any, ...]:
        return by_fields(self)
