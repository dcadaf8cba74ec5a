"""The capacity and the limits of a gateway: what a plan may set."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from mock_exchange.clock import NS_PER_MS
from mock_exchange.engine.risk import CONFLICT_RULES, REJECT_4118
from mock_exchange.errors import EPOCH_CURRENT, EPOCHS
from mock_exchange.randomness import INSTANT, Law

MEDIAN = "median"
"""Mark prices are computed from book, index and funding rate, once a second."""
FROM_PLAN = "plan"
"""Mark prices are what the plan says, whatever the book does."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Rate limits as the venue publishes them in exchangeInfo."""

    weight_per_minute: int = 2400
    orders_per_10s: int = 300
    orders_per_minute: int = 1200


@dataclass(frozen=True, slots=True)
class GatewayConfig:
    """`slots` per node are held from admission to answer; `handling` runs in parallel inside a node,
    `service` serially per shard of the engine; an answer later than `deadline_ns` after admission is
    a 503 of unknown fate (0: no deadline)."""

    nodes: int = 1
    slots: int = 20
    handling: Law = INSTANT
    shards: int = 1
    service: Law = INSTANT
    deadline_ns: int = 0
    epoch: str = EPOCH_CURRENT
    conflict_rule: str = REJECT_4118
    marking: str = FROM_PLAN
    limits: Limits = field(default_factory=Limits)

    @classmethod
    def from_dict(cls, row: dict[str, Any]) -> GatewayConfig:
        """The `[venue]` table of a plan. Raises ValueError naming what is wrong."""
        known = {"nodes", "slots", "handling", "shards", "service", "deadline_ms", "epoch", "conflict_rule",
                 "marking", "limits"}  # fmt: skip
        if unknown := sorted(set(row) - known):
            raise ValueError(f"unknown key {unknown[0]!r}; known: {', '.join(sorted(known))}")
        epoch = row.get("epoch", EPOCH_CURRENT)
        if epoch not in EPOCHS:
            raise ValueError(f"epoch must be one of {', '.join(EPOCHS)}, not {epoch!r}")
        rule = row.get("conflict_rule", REJECT_4118)
        if rule not in CONFLICT_RULES:
            raise ValueError(f"conflict_rule must be one of {', '.join(CONFLICT_RULES)}, not {rule!r}")
        marking = row.get("marking", FROM_PLAN)
        if marking not in (MEDIAN, FROM_PLAN):
            raise ValueError(f"marking must be {MEDIAN!r} or {FROM_PLAN!r}, not {marking!r}")
        return cls(
            nodes=_count(row, "nodes", 1),
            slots=_count(row, "slots", 20),
            handling=Law.from_dict(row["handling"]) if "handling" in row else INSTANT,
            shards=_count(row, "shards", 1),
            service=Law.from_dict(row["service"]) if "service" in row else INSTANT,
            deadline_ns=round(_number(row, "deadline_ms", 0) * NS_PER_MS),
            epoch=epoch,
            conflict_rule=rule,
            marking=marking,
            limits=_limits(row.get("limits", {})),
        )

    def to_dict(self) -> dict[str, Any]:
        return {
            "nodes": self.nodes,
            "slots": self.slots,
            "handling": self.handling.to_dict(),
            "shards": self.shards,
            "service": self.service.to_dict(),
            "deadline_ms": self.deadline_ns / NS_PER_MS,
            "epoch": self.epoch,
            "conflict_rule": self.conflict_rule,
            "marking": self.marking,
            "limits": {name: getattr(self.limits, name) for name in Limits.__dataclass_fields__},
        }


def _limits(row: Any) -> Limits:
    if not isinstance(row, dict) or (unknown := sorted(set(row) - set(Limits.__dataclass_fields__))):
        raise ValueError(
            f"limits: unknown key {unknown[0]!r}" if isinstance(row, dict) else "limits: a table"
        )
    return Limits(**{name: _count(row, name, 0) for name in row})


def _count(row: dict[str, Any], name: str, default: int) -> int:
    value = row.get(name, default)
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        raise ValueError(f"{name} must be a whole number from 1, not {value!r}")
    return value


def _number(row: dict[str, Any], name: str, default: float) -> float:
    value = row.get(name, default)
    if not isinstance(value, int | float) or isinstance(value, bool) or value < 0:
        raise ValueError(f"{name} must be a number from 0, not {value!r}")
    return value
