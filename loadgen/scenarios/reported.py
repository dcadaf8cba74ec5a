"""What was reported of a real incident, for a re-enactment to be held against."""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from mock_exchange.clock import NS_PER_S

_KEYS = {"traders", "from_s", "to_s", "refused_share", "codes_in_order", "provider_share"}


@dataclass(frozen=True, slots=True)
class Reported:
    """Between `from_ns` and `to_ns` the traders whose labels match saw at least `refused_share` of their
    attempts refused. `codes` came in this order, those of one group in any. The provider spoke of
    `provider_share`."""

    traders: str
    from_ns: int
    to_ns: int
    refused_share: float
    codes: tuple[tuple[int, ...], ...]
    provider_share: float

    def concerns(self, trader: str) -> bool:
        return fnmatchcase(trader, self.traders)

    @classmethod
    def from_dict(cls, row: dict[str, Any]) -> Reported:
        """The `[reported]` table. Raises ValueError."""
        if set(row) != _KEYS:
            raise ValueError(f"has {', '.join(sorted(_KEYS))}")
        groups = row["codes_in_order"]
        if (
            not groups
            or not all(groups)
            or not all(isinstance(code, int) for group in groups for code in group)
        ):
            raise ValueError("codes_in_order must be a list of lists of codes")
        if not 0 <= row["from_s"] < row["to_s"]:
            raise ValueError("from_s must be before to_s")
        return cls(
            traders=str(row["traders"]),
            from_ns=round(row["from_s"] * NS_PER_S),
            to_ns=round(row["to_s"] * NS_PER_S),
            refused_share=float(row["refused_share"]),
            codes=tuple(tuple(group) for group in groups),
            provider_share=float(row["provider_share"]),
        )
