"""The capacity, the limits and the conditions of a gateway: what a plan may set, and change by phases."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final

from mock_exchange.engine.risk import CONFLICT_RULES, REJECT_4118
from mock_exchange.errors import EPOCH_CURRENT, EPOCHS
from mock_exchange.gateway import conditions
from mock_exchange.gateway.conditions import Conditions, number
from mock_exchange.pickled import by_fields
from mock_exchange.randomness import INSTANT, Law
from run_records.bounds import Range
from run_records.units import NS_PER_MS

MEDIAN: Final = "median"
"""Mark prices are computed from book, index and funding rate, once a second."""
FROM_PLAN: Final = "plan"
"""Mark prices are what the plan says, whatever the book does."""

VENUE_RANGES: Final[dict[str, Range]] = {
    "*_ms": (0, 86_400_000),
    "nodes": (1, 1_000),
    "lost_nodes": (0, 999),
    "shards": (1, 1_000),
    "slots": (1, 1_000_000),
    "workers": (0, 1_000_000),
    "weight_per_minute": (1, 10**9),
    "orders_per_10s": (1, 10**9),
    "orders_per_minute": (1, 10**9),
    "lying_share": (0, 1),
}
"""Of the numbers of a `venue` table, by key, in whatever document it stands."""

_FIXED_KEYS: Final = ("nodes", "workers", "shards", "epoch", "conflict_rule", "marking", "limits")
_CAPACITY_KEYS: Final = ("slots", "handling", "service", "deadline_ms")
PHASE_KEYS: Final = (*_CAPACITY_KEYS, *conditions.KEYS)
"""What may change from one phase of a plan to the next."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Rate limits as the venue publishes them in exchangeInfo."""

    weight_per_minute: int = 2400
    orders_per_10s: int = 300
    orders_per_minute: int = 1200

    def __reduce__(self) -> tuple[Any, ...]:
        return by_fields(self)


@dataclass(frozen=True, slots=True)
class GatewayConfig:
    """`slots` per node are held from admission to answer; `handling` is the time inside a node, in parallel,
    or by `workers` with a queue of their own (0: as many as there are attempts); `service` is serial per
    shard of the engine; an answer later than `deadline_ns` after admission is a 503 of unknown fate (0: no
    deadline). `conditions` is what is wrong at the moment."""

    nodes: int = 1
    slots: int = 20
    workers: int = 0
    handling: Law = INSTANT
    shards: int = 1
    service: Law = INSTANT
    deadline_ns: int = 0
    epoch: str = EPOCH_CURRENT
    conflict_rule: str = REJECT_4118
    marking: str = FROM_PLAN
    limits: Limits = field(default_factory=Limits)
    conditions: Conditions = field(default_factory=Conditions)

    def __reduce__(self) -> tuple[Any, ...]:
        return by_fields(self)

    @classmethod
    def from_dict(cls, row: dict[str, Any]) -> GatewayConfig:
        """The `[venue]` table of a plan. Raises ValueError naming what is wrong."""
        check_keys(row, (*_FIXED_KEYS, *PHASE_KEYS))
        epoch = row.get("epoch", EPOCH_CURRENT)
        if epoch not in EPOCHS:
            raise ValueError(f"epoch must be one of {', '.join(EPOCHS)}, not {epoch!r}")
        rule = row.get("conflict_rule", REJECT_4118)
        if rule not in CONFLICT_RULES:
            raise ValueError(f"conflict_rule must be one of {', '.join(CONFLICT_RULES)}, not {rule!r}")
        marking = row.get("marking", FROM_PLAN)
        if marking not in (MEDIAN, FROM_PLAN):
            raise ValueError(f"marking must be {MEDIAN!r} or {FROM_PLAN!r}, not {marking!r}")
        nodes = _count(row, "nodes", 1)
        return cls(
            nodes=nodes,
            slots=_count(row, "slots", 20),
            workers=_count(row, "workers", 0) if row.get("workers") else 0,
            handling=Law.from_dict(row["handling"]) if "handling" in row else INSTANT,
            shards=_count(row, "shards", 1),
            service=Law.from_dict(row["service"]) if "service" in row else INSTANT,
            deadline_ns=round(number(row, "deadline_ms", 0) * NS_PER_MS),
            epoch=epoch,
            conflict_rule=rule,
            marking=marking,
            limits=_limits(row.get("limits", {})),
            conditions=Conditions.from_dict(row, nodes),
        )

    def changed(self, row: dict[str, Any]) -> GatewayConfig:
        """This configuration with the keys of `PHASE_KEYS` that `row` sets. Raises ValueError."""
        check_keys(row, PHASE_KEYS)
        return GatewayConfig.from_dict({**self.to_dict(), **row})

    def to_dict(self) -> dict[str, Any]:
        return {
            "nodes": self.nodes,
            "slots": self.slots,
            "workers": self.workers,
            "handling": self.handling.to_dict(),
            "shards": self.shards,
            "service": self.service.to_dict(),
            "deadline_ms": self.deadline_ns / NS_PER_MS,
            "epoch": self.epoch,
            "conflict_rule": self.conflict_rule,
            "marking": self.marking,
            "limits": {name: getattr(self.limits, name) for name in Limits.__dataclass_fields__},
            **self.conditions.to_dict(),
        }

    @property
    def work_ns(self) -> float:
        """Mean time that an attempt takes of what limits this venue: its engine, or its slots if the engine
        takes no time. 0 if neither does."""
        return float(self.service.mean_ns or self.handling.mean_ns)

    @property
    def alone_ns(self) -> int:
        """Mean time from arrival to answer of an attempt that meets nobody."""
        return self.handling.mean_ns + self.service.mean_ns

    @property
    def servers(self) -> int:
        """How many attempts that limiting resource works on at once."""
        if self.service.mean_ns:
            return self.shards
        return (self.workers or self.slots) * (self.nodes - len(self.conditions.lost_nodes))


def check_keys(row: dict[str, Any], known: tuple[str, ...]) -> None:
    """Raises ValueError for the first key of `row` that is not known."""
    if unknown := sorted(set(row) - set(known)):
        raise ValueError(f"unknown key {unknown[0]!r}; known: {', '.join(sorted(known))}")


def _limits(row: Any) -> Limits:
    if not isinstance(row, dict):
        raise ValueError("limits: a table")
    try:
        check_keys(row, tuple(Limits.__dataclass_fields__))
    except ValueError as error:
        raise ValueError(f"limits: {error}") from None
    return Limits(**{name: _count(row, name, 0) for name in row})


def _count(row: dict[str, Any], name: str, default: int) -> int:
    value = row.get(name, default)
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        raise ValueError(f"{name} must be a whole number from 1, not {value!r}")
    return value
