"""The file beside a journal: what its venue needs to begin again, and nobody else may read.

Keys and secrets follow from the seed of the plan, so the plan stands here and not in the journal. A journal
may hold several venues, one after the other (`/seed`, `/reset`); the plan of the next is written down here
before its first row, so that a kill between the two leaves nothing without a plan.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec

from mock_exchange.plan import Plan
from run_records.documents import PRIVATE, read_document, write_document

VENUE_STATE = "venue-state"


class PublicKey(msgspec.Struct, frozen=True):
    """A key that a client has registered."""

    account: str
    public_key: str


class Beginning(msgspec.Struct):
    """How one venue of a journal began. `epoch_start_ms` is venue time (since 1970) at instant 0."""

    plan: dict[str, Any]
    epoch_start_ms: int
    public_keys: list[PublicKey] = msgspec.field(default_factory=list)


class VenueState(msgspec.Struct):
    """How many venues the journal holds, and how the latest two of them began."""

    scenario: str
    count: int = 0
    latest: list[Beginning] = msgspec.field(default_factory=list)

    def beginning(self, number: int) -> Beginning | None:
        """Of the venue with this number, from 1."""
        place = number - 1 - (self.count - len(self.latest))
        return self.latest[place] if 0 <= place < len(self.latest) else None


def state_path(journal: Path) -> Path:
    """Where the state of a journal's venue is kept."""
    return journal.with_name(journal.name + ".state")


class StateFile:
    """Written whole at every change, mode 0600. Raises OSError."""

    def __init__(self, journal: Path, state: VenueState) -> None:
        self._path = state_path(journal)
        self._state = state

    def begin(self, plan: Plan, epoch_start_ms: int) -> None:
        """Another venue is about to begin in the journal."""
        state = self._state
        state.count += 1
        state.latest = [*state.latest[-1:], Beginning(plan.to_dict(), epoch_start_ms)]
        self._write()

    def begin_first(self, plan: Plan, epoch_start_ms: int) -> None:
        """A venue is about to begin in a journal that is empty."""
        self._state.count, self._state.latest = 0, []
        self.begin(plan, epoch_start_ms)

    def begin_again(self, plan: Plan, epoch_start_ms: int) -> None:
        """The latest venue never came to be open, and begins once more."""
        self._state.latest[-1] = Beginning(plan.to_dict(), epoch_start_ms)
        self._write()

    def add_key(self, account: str, public_key: str) -> None:
        """The venue of now knows another key."""
        self._state.latest[-1].public_keys.append(PublicKey(account, public_key))
        self._write()

    def _write(self) -> None:
        write_document(self._path, VENUE_STATE, self._state, PRIVATE)


def read_state(journal: Path) -> VenueState:
    """Raises UnreadableError, OSError."""
    return read_document(state_path(journal), VENUE_STATE, VenueState)
