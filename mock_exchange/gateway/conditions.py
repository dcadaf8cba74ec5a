"""What is wrong with a venue at the moment: one switch per mechanism, each off by default."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from mock_exchange.gateway.replica import LIVE, UNAVAILABLE
from mock_exchange.pickled import by_fields
from mock_exchange.randomness import INSTANT, Law
from run_records.units import NS_PER_MS

UP: Final = "up"
DOWN: Final = "down"
REFUSING: Final = "refusing"
"""The front end answers by itself: "Service Unavailable."."""
GONE: Final = "gone"
"""Nothing behind the proxy: nginx's own page."""
RUNNING: Final = "running"
PAUSED: Final = "paused"
WORKED_OFF: Final = "worked-off"
DROPPED: Final = "dropped"
QUOTING: Final = "quoting"
WITHDRAWN: Final = "withdrawn"

_CHOICES: Final = {
    "front_end": (UP, REFUSING, GONE),
    "backend_link": (UP, DOWN),
    "replica": (LIVE, UNAVAILABLE),
    "engine": (RUNNING, PAUSED),
    "expired": (WORKED_OFF, DROPPED),
    "house": (QUOTING, WITHDRAWN),
}
_DURATIONS: Final = ("backend_timeout_ms", "replica_lag_ms", "collateral_timeout_ms")
KEYS: Final = (*_CHOICES, *_DURATIONS, "replica_check", "collateral", "lost_nodes", "lying_share")


@dataclass(frozen=True, slots=True)
class Conditions:
    """The mechanisms, in the order in which a request meets them, and what each makes clients see.

    - `front_end` refusing: every request gets HTTP 503 "Service Unavailable."; gone: nginx's 503 page.
    - `lying_share`: that share of sheds is executed all the same (-1008 with a done order). Off by default.
    - `lost_nodes` (numbers): connections to them break and come back on the others; what they were
      handling is lost, what the engine had already is executed and unknown.
    - `backend_link` down: the node cannot reach the engine: 503/-1001, not executed.
    - `replica_check`: the node refuses with -2022 what its copy of positions cannot reduce; the copy is
      late by `replica_lag_ns`, or `replica` unavailable and read as zero. Policies see the same copy.
    - `collateral`: the law of the serial service that values PM-like accounts before each of their orders;
      an answer later than `collateral_timeout_ns` is -2010, not executed.
    - `backend_timeout_ns` after hand-over without an answer: 408/-1007, executed later (0: waits for ever).
    - `engine` paused: nothing is executed meanwhile; requests wait, and may outlive their recvWindow (-5028).
    - `expired` dropped: what has outlived its recvWindow when its turn comes costs the engine no time; else
      it
      is found out only after its service.
    - `house` withdrawn: its quotes leave the books; MARKET orders meet an empty book (-4131).
    """

    front_end: str = UP
    backend_link: str = UP
    backend_timeout_ns: int = 0
    replica: str = LIVE
    replica_lag_ns: int = 0
    replica_check: bool = False
    collateral: Law = INSTANT
    collateral_timeout_ns: int = 0
    engine: str = RUNNING
    expired: str = WORKED_OFF
    lost_nodes: tuple[int, ...] = ()
    lying_share: float = 0.0
    house: str = QUOTING

    def __reduce__(self) -> tuple[Any, ...]:
        return by_fields(self)

    @classmethod
    def from_dict(cls, row: dict[str, Any], nodes: int) -> Conditions:
        """From the keys of `KEYS` in a table, others ignored. Raises ValueError naming what is wrong."""
        values: dict[str, Any] = {}
        for name, choices in _CHOICES.items():
            if name in row:
                if row[name] not in choices:
                    raise ValueError(f"{name} must be one of {', '.join(choices)}, not {row[name]!r}")
                values[name] = row[name]
        for name in _DURATIONS:
            if name in row:
                values[f"{name.removesuffix('_ms')}_ns"] = round(number(row, name, 0) * NS_PER_MS)
        if "replica_check" in row:
            if not isinstance(row["replica_check"], bool):
                raise ValueError(f"replica_check must be true or false, not {row['replica_check']!r}")
            values["replica_check"] = row["replica_check"]
        if "collateral" in row:
            values["collateral"] = Law.from_dict(row["collateral"])
        if "lost_nodes" in row:
            values["lost_nodes"] = _nodes(row["lost_nodes"], nodes)
        if "lying_share" in row:
            values["lying_share"] = float(number(row, "lying_share", 0))
            if values["lying_share"] > 1:
                raise ValueError("lying_share must be a number from 0 to 1")
        conditions = cls(**values)
        if conditions.collateral.mean_ns and not conditions.collateral_timeout_ns:
            raise ValueError("collateral needs collateral_timeout_ms")
        return conditions

    def to_dict(self) -> dict[str, Any]:
        return {
            **{name: getattr(self, name) for name in _CHOICES},
            **{name: getattr(self, f"{name.removesuffix('_ms')}_ns") / NS_PER_MS for name in _DURATIONS},
            "replica_check": self.replica_check,
            "collateral": self.collateral.to_dict(),
            "lost_nodes": list(self.lost_nodes),
            "lying_share": self.lying_share,
        }


def _nodes(value: Any, nodes: int) -> tuple[int, ...]:
    if not isinstance(value, list) or any(type(n) is not int or not 0 <= n < nodes for n in value):
        raise ValueError(f"lost_nodes must be a list of node numbers from 0 to {nodes - 1}, not {value!r}")
    if len(set(value)) == nodes:
        raise ValueError("lost_nodes must leave a node; a venue without any is front_end = 'gone'")
    return tuple(sorted(set(value)))


def number(row: dict[str, Any], name: str, default: float) -> float:
    """A number from 0 in a table. Raises ValueError."""
    value = row.get(name, default)
    if not isinstance(value, int | float) or isinstance(value, bool) or not 0 <= value < float("inf"):
        raise ValueError(f"{name} must be a number from 0, not {value!r}")
    return value
