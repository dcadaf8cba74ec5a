"""What clients write down: every attempt as its client saw it, every intent to reduce."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import msgspec

from run_records.lines import Lines, columns_of, read_rows
from run_records.words import Class, Meaning

ATTEMPTS, INTENTS = "attempts", "intents"
Code = int | str
"""How a venue names a refusal: a number or a text, and nothing but a name to whoever reads it."""


class AttemptRow(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """One order request (one leg of a batch), in the order of their answers."""

    key: str | int
    """The request's signature (32 hex digits), or its number where there is no wire."""
    leg: int
    """Its place in a batch; 0 for a request of its own."""
    trader: str
    account: str
    klass: Class = msgspec.field(name="class")
    method: str
    symbol: str
    side: str
    quantity: str
    """As the order carried it: exact decimal text, empty where there is none."""
    intent: int
    """The number of the intent it was made for; -1 for none."""
    intended: int
    """When it was due to leave; instants are nanoseconds of the run."""
    sent: int
    answered: int
    meaning: Meaning
    http: int
    """The answer's status; 0 without an answer: the client gave up, or the connection broke."""
    code: Code
    """The venue's own name of the refusal; 0 for none."""
    text: str = ""
    """The venue's words, where its code does not say them."""
    executed: str = ""
    """Of an accepted order that claims to reduce and was to trade at once: the quantity that was executed, by
    its answer, exact decimal text; empty for all other orders, and where answers do not speak of that."""


class IntentRow(msgspec.Struct, array_like=True, frozen=True, gc=False, tag="intent"):
    """A decision to reduce a position by `quantity`."""

    number: int
    at: int
    trader: str
    account: str
    symbol: str
    quantity: str


class AbandonRow(msgspec.Struct, array_like=True, frozen=True, gc=False, tag="abandon"):
    """Its trader gives an intent up."""

    number: int
    at: int


_decode_attempt = msgspec.json.Decoder(AttemptRow).decode
_decode_intent = msgspec.json.Decoder(IntentRow | AbandonRow).decode


def attempts_file(path: Path | None) -> Lines[AttemptRow]:
    return Lines(ATTEMPTS, columns_of(AttemptRow), path)


def intents_file(path: Path | None) -> Lines[IntentRow | AbandonRow]:
    return Lines(INTENTS, {"intent": columns_of(IntentRow), "abandon": columns_of(AbandonRow)}, path)


def attempt_files(folder: Path) -> list[Path]:
    """Those of all workers."""
    return sorted(folder.glob("attempts*.jsonl"))


def intent_files(folder: Path) -> list[Path]:
    return sorted(folder.glob("intents*.jsonl"))


def read_attempts(path: Path) -> Iterator[AttemptRow]:
    """Raises UnreadableError, OSError."""
    return read_rows(path, ATTEMPTS, _decode_attempt)


def read_intents(path: Path) -> Iterator[IntentRow | AbandonRow]:
    """Raises UnreadableError, OSError."""
    return read_rows(path, INTENTS, _decode_intent)
