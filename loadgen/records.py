"""What the load side writes down: every attempt as the client saw it, every intent."""

from __future__ import annotations

from pathlib import Path

from mock_exchange.lines import Lines

ATTEMPTS_SCHEMA = "fireexit.attempts/1"
ATTEMPT_COLUMNS = (
    "key", "leg", "trader", "account", "class", "method", "symbol", "side", "quantity", "intent", "intended",
    "sent", "answered", "http", "code",
)  # fmt: skip
"""One row per order request (per leg of a batch), in the order of their answers. Instants in nanoseconds of
the run: `intended` is when it was due to leave, `sent` when it left. `key` is the request's signature (32
hex digits), or its number where there is no wire."""

INTENTS_SCHEMA = "fireexit.intents/1"
INTENT_COLUMNS = {
    "intent": ("number", "at", "trader", "account", "symbol", "quantity"),
    "abandon": ("number", "at"),
}


def attempts_file(path: Path | None) -> Lines:
    return Lines(ATTEMPTS_SCHEMA, ATTEMPT_COLUMNS, path)


def intents_file(path: Path | None) -> Lines:
    return Lines(INTENTS_SCHEMA, INTENT_COLUMNS, path)
