"""What a load generator says of itself when it is done."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson


@dataclass(frozen=True, slots=True)
class DriverReport:
    """How well one worker kept its schedule; times in milliseconds, shares of wall time."""

    sent: int
    missed: int
    unanswered: int
    lateness_p50_ms: float
    lateness_p99_ms: float
    lateness_max_ms: float
    cpu_s: float
    cpu_share: float


def summarize(
    sent: int, missed: int, unanswered: int, lateness_ns: list[int], cpu_s: float, wall_s: float
) -> DriverReport:
    late = sorted(lateness_ns) or [0]
    return DriverReport(
        sent=sent,
        missed=missed,
        unanswered=unanswered,
        lateness_p50_ms=_ms(late[len(late) // 2]),
        lateness_p99_ms=_ms(late[min(len(late) - 1, len(late) * 99 // 100)]),
        lateness_max_ms=_ms(late[-1]),
        cpu_s=round(cpu_s, 4),
        cpu_share=round(cpu_s / max(1e-9, wall_s), 4),
    )


def read_reports(folder: Path) -> list[dict[str, Any]]:
    """The reports that workers have left in a run's folder."""
    return [orjson.loads(path.read_bytes()) for path in sorted(folder.glob("driver-*.json"))]


def _ms(duration_ns: int) -> float:
    return round(duration_ns / 1e6, 3)
