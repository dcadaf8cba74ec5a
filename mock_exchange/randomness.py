"""Random numbers with names: one stream per purpose, so that no draw disturbs another.

Draws are computed here from `random()` alone and rounded to integers, so that they do not depend on
the Python version.
"""

from __future__ import annotations

import hashlib
import math
import random
from dataclasses import dataclass
from typing import Any, Final

from mock_exchange.pickled import by_fields
from run_records.units import NS_PER_MS


def stream(seed: int, *names: object) -> random.Random:
    """The random stream called `names` under `seed`."""
    text = "/".join(str(part) for part in (seed, *names))
    return random.Random(int.from_bytes(hashlib.sha256(text.encode()).digest(), "big"))


def exponential(rng: random.Random, mean_ns: float) -> int:
    """An exponential duration in whole nanoseconds (inverse transform)."""
    return int(-math.log(1.0 - rng.random()) * mean_ns)


@dataclass(frozen=True, slots=True)
class Law:
    """A duration law: `instant`, `constant` or `exponential` with a mean in nanoseconds."""

    name: str
    mean_ns: int

    def __reduce__(self) -> tuple[Any, ...]:
        return by_fields(self)

    def draw(self, rng: random.Random) -> int:
        if self.name == "exponential":
            return int(-math.log(1.0 - rng.random()) * self.mean_ns)
        return self.mean_ns

    @classmethod
    def from_dict(cls, row: dict[str, Any]) -> Law:
        """`{"law": "exponential", "mean_ms": 5}`. Raises ValueError naming what is wrong."""
        name = row.get("law")
        if name not in ("instant", "constant", "exponential"):
            raise ValueError(f"law must be instant, constant or exponential, not {name!r}")
        mean = row.get("mean_ms", 0)
        if not isinstance(mean, int | float) or mean < 0 or (name != "instant" and mean == 0):
            raise ValueError(f"mean_ms of a {name} law must be a positive number, not {mean!r}")
        return cls(name, 0 if name == "instant" else round(mean * NS_PER_MS))

    def to_dict(self) -> dict[str, Any]:
        return {"law": self.name, "mean_ms": self.mean_ns / NS_PER_MS}


INSTANT: Final = Law("instant", 0)
