"""The `[reported]` table of a scenario that re-enacts a real incident."""

from __future__ import annotations

from typing import Any

from run_records.reported import Reported
from run_records.units import NS_PER_S

_KEYS = {"traders", "from_s", "to_s", "refused_share", "codes_in_order", "provider_share"}


def reported_from(row: dict[str, Any]) -> Reported:
    """Raises ValueError."""
    if set(row) != _KEYS:
        raise ValueError(f"has {', '.join(sorted(_KEYS))}")
    groups = row["codes_in_order"]
    if not groups or not all(groups) or not all(isinstance(code, int) for group in groups for code in group):
        raise ValueError("codes_in_order must be a list of lists of codes")
    if not 0 <= row["from_s"] < row["to_s"]:
        raise ValueError("from_s must be before to_s")
    return Reported(
        traders=str(row["traders"]),
        from_ns=round(row["from_s"] * NS_PER_S),
        to_ns=round(row["to_s"] * NS_PER_S),
        refused_share=float(row["refused_share"]),
        codes=tuple(tuple(group) for group in groups),
        provider_share=float(row["provider_share"]),
    )
