"""The venue's refusals as data: one table (`errors.tsv`), one way to look a refusal up.

Codes, names and messages are the documented ones; `executed` says whether the request behind
the answer may have been executed all the same, which decides how a client must treat it.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib.resources import files

EPOCH_INCIDENT = "2025-10-10"
EPOCH_CURRENT = "2026"
EPOCHS = (EPOCH_INCIDENT, EPOCH_CURRENT)

# The gateway's 503 bodies that carry no `code` on the wire still need a name in records.
UNKNOWN_503 = -503
"""Answer later than the backend deadline: "Unknown error…", the order may have executed."""
SERVICE_UNAVAILABLE = -504
"""The front end answers by itself: "Service Unavailable.", the request has failed for sure."""
NGINX_503 = -505
"""The proxy's own HTML page, for nothing answers behind it. Not documented: treat the fate as unknown."""
CLIENT_TIMEOUT = -1
"""Not an answer: the client gave up waiting; the fate is unknown to it."""
CONNECTION_LOST = -2
"""Not an answer: the connection broke before one arrived; the fate is unknown."""

THROTTLED = -1008


@dataclass(frozen=True, slots=True)
class ErrorSpec:
    """One documented refusal: its code, wire name, HTTP status and message templates."""

    code: int
    name: str
    http: int
    may_have_executed: bool
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


_UNKNOWN_503_SPEC = ErrorSpec(
    UNKNOWN_503,
    "UNKNOWN_503",
    503,
    True,
    ("Unknown error, please check your request or try again later.",),
)


_FRONT_END_SPECS = (
    ErrorSpec(SERVICE_UNAVAILABLE, "SERVICE_UNAVAILABLE_503", 503, False, ("Service Unavailable.",)),
    ErrorSpec(NGINX_503, "NGINX_503", 503, True, ("503 Service Temporarily Unavailable",)),
)
_CONNECTION_LOST_SPEC = ErrorSpec(CONNECTION_LOST, "CONNECTION_LOST", 0, True, ("",))


@cache
def error_table(epoch: str = EPOCH_CURRENT) -> dict[int, ErrorSpec]:
    """Every refusal the venue knew in `epoch`, by code. Raises ValueError for an unknown epoch."""
    if epoch not in EPOCHS:
        raise ValueError(f"unknown epoch {epoch!r}; known: {', '.join(EPOCHS)}")
    table = {UNKNOWN_503: _UNKNOWN_503_SPEC, CONNECTION_LOST: _CONNECTION_LOST_SPEC}
    table.update((spec.code, spec) for spec in _FRONT_END_SPECS)
    lines = files("mock_exchange").joinpath("errors.tsv").read_text(encoding="utf-8").splitlines()
    for line in lines[1:]:
        code, name, in_epoch, http, executed, messages = line.split("\t")
        if in_epoch in ("all", epoch):
            table[int(code)] = ErrorSpec(
                int(code), name, int(http), executed == "maybe", tuple(messages.split(" / "))
            )
    return table


class Refused(Exception):
    """A request ended by a stage, with the venue's code and the arguments of its message."""

    http: int | None = None
    retry_after: int | None = None

    def __init__(self, code: int, *args: object, variant: int | None = None) -> None:
        super().__init__(code, *args)
        self.code = code
        self.arguments = args
        self.variant = variant
