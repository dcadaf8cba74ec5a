"""What a check comes back with."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class CheckResult:
    """A judged and sealed run."""

    document: dict[str, Any]
    """The verdict document."""
    folder: Path
    """Where the run's records are."""
    exit_status: int
    """0 the contract holds, 1 broken, 3 inconclusive."""
    digest: str
    """Of the sealed run: kept elsewhere, it shows later that nothing was changed."""

    @property
    def holds(self) -> bool:
        """Whether the contract holds; neither broken nor inconclusive."""
        return self.exit_status == 0

    def assert_holds(self) -> CheckResult:
        """For a test: fails with the broken clauses and their figures, or with why nothing can be said."""
        if self.holds:
            return self
        from judging.report.markdown import markdown

        raise AssertionError(f"{markdown(self.document, self.digest)}records: {self.folder}")
