"""What a gateway and a policy in another process say to each other, `fireexit.policy/1`: one JSON object a
line, on the policy's standard input and output.

The gateway begins with `hello`; the policy answers with what it has (`Ready`), or with an error. From then on
each line names a hook. A line with an `id` is a question and is answered, before anything else is said, by
`{"id": …, "answer": …}` or `{"error": "one line"}`. A line without one is for the policy's information.
"""

from __future__ import annotations

from typing import Any, Generic, TypeVar

import msgspec

from mock_exchange.gateway.policies.messages import Decision, End, NodeView, Note, Request, Turn, World

PROTOCOL = "fireexit.policy/1"
T = TypeVar("T")


class _Line(msgspec.Struct, tag_field="hook", tag=str.lower):
    pass


class Question(_Line):
    """A line that is answered."""

    id: int


class Hello(Question):
    """The first line. `parameters` are what the scenario sets for this policy."""

    protocol: str
    parameters: dict[str, Any]


class Attach(Question):
    world: World


class Admit(Question):
    """Answered with a decision. `node` has the fields that the policy asks for besides the two of all."""

    request: Request
    node: NodeView


class Victim(Question):
    """Answered with an attempt's number or null."""

    request: Request
    node: NodeView


class Keep(Question):
    """Answered with true or false."""

    request: Request
    note: Note
    turn: Turn


class Rank(Question):
    """Answered with a whole number."""

    request: Request
    note: Note
    answered: bool


class Gauges(Question):
    """Answered with numbers by name."""


class Admitted(_Line):
    """It has its slot now."""

    request: Request
    note: Note


class Done(_Line):
    """It was answered."""

    request: Request
    note: Note
    end: End


class Ready(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The answer to `hello`: the hooks that the policy has, and what it asks of a node."""

    protocol: str
    hooks: tuple[str, ...]
    asks: tuple[str, ...] = ()


class Reply(msgspec.Struct, Generic[T], frozen=True, forbid_unknown_fields=True):
    """A policy's line: to which question, and what; or an error, which is its last."""

    id: int = 0
    answer: T | msgspec.UnsetType = msgspec.UNSET
    error: str = ""


READY = msgspec.json.Decoder(Reply[Ready])
NOTHING = msgspec.json.Decoder(Reply[None])
DECISION = msgspec.json.Decoder(Reply[Decision])
KEPT = msgspec.json.Decoder(Reply[bool])
PLACE = msgspec.json.Decoder(Reply[int])
NUMBER: msgspec.json.Decoder[Reply[int | None]] = msgspec.json.Decoder(Reply[int | None])
THRESHOLDS = msgspec.json.Decoder(Reply[dict[str, float]])
"""What an answer may be: to hello, attach, admit, keep, rank, victim, gauges."""
_LINES = (Hello, Attach, Admit, Victim, Keep, Rank, Gauges, Admitted, Done)
_REPLIES = [decoder.type for decoder in (READY, NOTHING, DECISION, KEPT, PLACE, NUMBER, THRESHOLDS)]


def schema() -> dict[str, Any]:
    """The JSON schema of both directions: a line of the gateway's is one of `lines`, a policy's one of
    `replies`."""
    made, defined = msgspec.json.schema_components([*_LINES, *_REPLIES], ref_template="#/$defs/{name}")
    parts = list(made)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": PROTOCOL,
        "lines": parts[: len(_LINES)],
        "replies": parts[len(_LINES) :],
        "$defs": defined,
    }
