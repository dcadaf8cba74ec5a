"""What was reported of a real incident, for a re-enactment to be held against."""

from __future__ import annotations

from fnmatch import fnmatchcase

import msgspec


class Reported(msgspec.Struct, frozen=True, gc=False, forbid_unknown_fields=True):
    """Between `from_ns` and `to_ns` the traders whose labels match saw at least `refused_share` of their
    attempts refused."""

    traders: str
    from_ns: int
    to_ns: int
    refused_share: float
    codes: tuple[tuple[int | str, ...], ...]
    """They came in this order, those of one group in any."""
    provider_share: float
    """What the provider spoke of."""

    def concerns(self, trader: str) -> bool:
        return fnmatchcase(trader, self.traders)
