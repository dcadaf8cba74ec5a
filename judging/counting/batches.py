"""A run over sockets is one run: it is cut into equal parts of its length, which a verdict takes for
samples."""

from __future__ import annotations

from dataclasses import dataclass

BATCHES = 10


@dataclass(frozen=True, slots=True)
class Parts:
    """`count` equal parts of `duration_ns`."""

    duration_ns: int
    count: int = 1

    def of(self, instant: int) -> int:
        """The part that an instant belongs to; what comes after the end belongs to the last one."""
        return min(self.count - 1, max(0, instant) * self.count // self.duration_ns)
