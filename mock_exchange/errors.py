"""The venue's refusals as data: one table (`errors.tsv`), one way to look a refusal up.

Codes, names and messages are the documented ones; `meaning` says what a code means to the client that gets
it. The table is the only place that knows: exchange, loader and records take it from here (`meaning_of`).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files
from typing import Any, Final

from run_records.words import NO_CAPACITY, Cause, Meaning, Stage

EPOCH_INCIDENT: Final = "2025-10-10"
EPOCH_CURRENT: Final = "2026"
EPOCHS: Final = (EPOCH_INCIDENT, EPOCH_CURRENT)

# The gateway's 503 bodies that carry no `code` on the wire still need a name in records.
UNKNOWN_503: Final = -503
"""Answer later than the backend deadline: "Unknown error…", the order may have executed."""
SERVICE_UNAVAILABLE: Final = -504
"""The front end answers by itself: "Service Unavailable.", the request has failed for sure."""
NGINX_503: Final = -505
"""The proxy's own HTML page, for nothing answers behind it. Not documented: treat the fate as unknown."""
CLIENT_TIMEOUT: Final = -1
"""Not an answer: the client gave up waiting; the fate is unknown to it."""
CONNECTION_LOST: Final = -2
"""Not an answer: the connection broke before one arrived; the fate is unknown."""
NOT_SENT: Final = -3
"""Not an answer: the load generator could not send it. No record of an attempt bears this code."""

THROTTLED: Final = -1008


@dataclass(frozen=True, slots=True)
class ErrorSpec:
    """One documented refusal: its code, wire name, HTTP status and message templates."""

    code: int
    name: str
    http: int
    meaning: Meaning
    messages: tuple[str, ...]

    def message(self, *args: object, variant: int | None = None) -> str:
        """Template number `variant`, or the first with as many `%s` as `args`, filled; else the first, its
        gaps marked."""
        texts = [str(arg).encode("ascii", "replace").decode() for arg in args]
        templates = self.messages if variant is None else self.messages[variant : variant + 1]
        for template in templates:
            if template.count("%s") == len(args):
                return template.replace("%s", "{}").format(*texts)
        return self.messages[0].replace("%s", "?")


_UNKNOWN_503_SPEC: Final = ErrorSpec(
    UNKNOWN_503,
    "UNKNOWN_503",
    503,
    Meaning.UNKNOWN,
    ("Unknown error, please check your request or try again later.",),
)


_FRONT_END_SPECS: Final = (
    ErrorSpec(
        SERVICE_UNAVAILABLE,
        "SERVICE_UNAVAILABLE_503",
        503,
        Meaning.CAPACITY_REFUSED,
        ("Service Unavailable.",),
    ),
    ErrorSpec(NGINX_503, "NGINX_503", 503, Meaning.UNKNOWN, ("503 Service Temporarily Unavailable",)),
)
_CONNECTION_LOST_SPEC: Final = ErrorSpec(CONNECTION_LOST, "CONNECTION_LOST", 0, Meaning.UNKNOWN, ("",))


@cache
def error_table(epoch: str = EPOCH_CURRENT) -> dict[int, ErrorSpec]:
    """Every refusal the venue knew in `epoch`, by code. Raises ValueError for an unknown epoch."""
    if epoch not in EPOCHS:
        raise ValueError(f"unknown epoch {epoch!r}; known: {', '.join(EPOCHS)}")
    table = {UNKNOWN_503: _UNKNOWN_503_SPEC, CONNECTION_LOST: _CONNECTION_LOST_SPEC}
    table.update((spec.code, spec) for spec in _FRONT_END_SPECS)
    lines = files(__package__).joinpath("errors.tsv").read_text(encoding="utf-8").splitlines()
    for line in lines[1:]:
        code, name, in_epoch, http, meaning, messages = line.split("\t")
        if in_epoch in ("all", epoch):
            table[int(code)] = ErrorSpec(
                int(code), name, int(http), Meaning(meaning), tuple(messages.split(" / "))
            )
    return table


@cache
def refusals(epoch: str) -> frozenset[int]:
    """The codes that say that a request was refused, and will not be executed."""
    return frozenset(
        code for code, spec in error_table(epoch).items() if spec.meaning is not Meaning.UNKNOWN and code < -1
    )


@lru_cache(maxsize=4096)
def meaning_of(http: int, code: int) -> Meaning:
    """What an answer means to its client. A 429 or 418 is a rate limit whatever code it carries, unless the
    code itself says that there was no capacity or that the fate is unknown."""
    if code == 0:
        return Meaning.ACCEPTED if http == 200 else Meaning.UNKNOWN
    meaning = _meanings().get(code, Meaning.STATE_REFUSED)
    if meaning in NO_CAPACITY:
        return meaning
    return Meaning.LIMITED if http in (418, 429) else meaning


@cache
def _meanings() -> dict[int, Meaning]:
    """By code, of all epochs, and of what is no answer at all."""
    tables = (error_table(epoch) for epoch in EPOCHS)
    return {CLIENT_TIMEOUT: Meaning.UNKNOWN, NOT_SENT: Meaning.CAPACITY_REFUSED} | {
        spec.code: spec.meaning for table in tables for spec in table.values()
    }


CODE_NAMES: Final = {0: "accepted", UNKNOWN_503: "503", CLIENT_TIMEOUT: "client timeout"}
"""How readers know what has no code on the wire; all others are known by their number."""


def code_name(code: int | str) -> str:
    """How a reader knows a code."""
    return CODE_NAMES.get(code, str(code)) if isinstance(code, int) else code


class Refused(Exception):
    """A request ended by a stage, with the venue's code and the arguments of its message. Who refuses before
    a request has become an attempt says at which `stage`, and which mechanism is the `cause`."""

    def __init__(self, code: int, *args: object, variant: int | None = None) -> None:
        super().__init__(code, *args)
        self.code = code
        self.arguments = args
        self.variant = variant
        self.http: int | None = None
        self.retry_after: int | None = None
        self.stage = Stage.PARAMETERS
        self.cause = Cause.CLIENT

    def __reduce__(self) -> tuple[Any, ...]:
        held = (self.code, self.arguments, self.variant, self.http, self.retry_after, self.stage, self.cause)
        return _again, (type(self), self.args, held)


def _again(kind: type[Refused], args: tuple[object, ...], held: tuple[Any, ...]) -> Refused:
    """A refusal that comes from another process."""
    refusal = kind.__new__(kind, *args)
    refusal.args = args
    refusal.code, refusal.arguments, refusal.variant = held[:3]
    refusal.http, refusal.retry_after, refusal.stage, refusal.cause = held[3:]
    return refusal
