"""What a Locust process asks of whoever has started it: to prepare a run, and to judge its records. This
house makes load and does neither."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from loadgen.run_spec import RunSpec


@dataclass(frozen=True, slots=True)
class Asked:
    """A run as the options of a Locust process or its web form ask for it."""

    scenario: str
    policy: str
    contract: str
    seed: int
    duration_s: float | None
    rate: float


@dataclass(frozen=True, slots=True)
class Judged:
    """A run that is over."""

    document: dict[str, Any]
    """The verdict."""
    digest: str
    exit_status: int


class Face(Protocol):
    """Raises ValueError with one line for what cannot be prepared."""

    def contracts(self) -> list[str]:
        """Names of those that a run can be held to, for the web form."""
        ...

    def prepare(self, asked: Asked) -> RunSpec: ...

    def judge(self, spec: RunSpec, folder: Path) -> Judged: ...

    def show(self, judged: Judged, folder: Path) -> None: ...
