"""The file beside a journal: what its venue needs to begin again, and nobody else may read.

Keys and secrets follow from the seed of the plan, so the plan stands here and not in the journal. A journal
may hold several venues, one after the other (`/seed`, `/reset`, `/start`). Each has a name, which its first
rows in the journal say (`began`); its plan is written down here before, so that a kill between the two leaves
nothing without a plan.
"""

from __future__ import annotations

import secrets
from pathlib import Path
from typing import Any

import msgspec

from mock_exchange.plan import Plan
from run_records.documents import PRIVATE, read_document, write_document

VENUE_STATE = "venue-state"
_KEPT = 3
"""Beginnings: the one that the journal knows, and those that were about to be."""


class PublicKey(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A key that a client has registered."""

    account: str
    public_key: str


class Beginning(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How one venue of a journal began. `epoch_start_ms` is venue time (since 1970) at instant 0, and
    `follows_wall` whether it goes on while nobody is there."""

    name: str
    plan: dict[str, Any]
    epoch_start_ms: int
    follows_wall: bool
    public_keys: tuple[PublicKey, ...] = ()


class Asked(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What whoever began the journal asked for, as they wrote it."""

    scenario: str
    policy: str
    seed: int | None
    settings: dict[str, str]


class VenueState(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What was asked for, and the latest beginnings."""

    asked: Asked
    latest: tuple[Beginning, ...] = ()

    def beginning(self, name: str) -> Beginning | None:
        """Of the venue of this name; the latest of all where a journal names none yet."""
        if not name:
            return self.latest[-1] if self.latest else None
        return next((found for found in self.latest if found.name == name), None)


def state_path(journal: Path) -> Path:
    """Where the state of a journal's venue is kept."""
    return journal.with_name(journal.name + ".state")


class StateFile:
    """Written whole at every change, mode 0600, and on the disk when a change returns. Raises OSError, and
    nothing has changed then."""

    def __init__(self, journal: Path, state: VenueState) -> None:
        self._path = state_path(journal)
        self._state = state

    def begin(self, plan: Plan, epoch_start_ms: int, *, follows_wall: bool) -> str:
        """Another venue is about to begin in the journal; its name."""
        name = secrets.token_hex(8)
        begun = Beginning(name, plan.to_dict(), epoch_start_ms, follows_wall)
        self._write((*self._state.latest[1 - _KEPT :], begun))
        return name

    def go_on(self, beginning: Beginning) -> None:
        """This one goes on: those that were about to be never were."""
        self._write((beginning,))

    def add_key(self, account: str, public_key: str) -> None:
        """The venue of now knows another key."""
        *before, latest = self._state.latest
        keys = (*latest.public_keys, PublicKey(account, public_key))
        self._write((*before, msgspec.structs.replace(latest, public_keys=keys)))

    def _write(self, latest: tuple[Beginning, ...]) -> None:
        state = msgspec.structs.replace(self._state, latest=latest)
        write_document(self._path, VENUE_STATE, state, PRIVATE, durable=True)
        self._state = state


def read_state(journal: Path) -> VenueState:
    """Raises UnreadableError, OSError."""
    return read_document(state_path(journal), VENUE_STATE, VenueState)
