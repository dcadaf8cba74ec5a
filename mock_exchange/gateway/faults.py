"""Faults on demand, for other people's tests: the next order is lost, refused, cut off.

Scripted outcomes are marked as such in every record (their stage is `scripted`), because they say
nothing about what a gateway does by itself. Legs of batches are left alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from mock_exchange.errors import CONNECTION_LOST, UNKNOWN_503
from mock_exchange.gateway.attempt import Attempt

REFUSED: Final = "refused"
EXECUTED: Final = {
    "answer-lost": UNKNOWN_503,
    "backend-timeout": -1007,
    "unexpected-response": -1006,
    "disconnect": CONNECTION_LOST,
}
"""Faults that hit the answer only: what the client gets while its request is executed."""
NAMES: Final = (*EXECUTED, REFUSED)
VERBS: Final = ("order", "amend", "cancel", "any")
_VERBS: Final = {"order": "order", "amend": "amend", "cancel": "cancel", "cancel-all": "cancel"}


@dataclass(slots=True)
class Fault:
    """`times` requests of a kind (and of an account, if one is named) end with `code`."""

    name: str
    code: int
    account: str = ""
    verb: str = "order"
    times: int = 1

    @property
    def executes(self) -> bool:
        return self.name in EXECUTED

    def fits(self, attempt: Attempt) -> bool:
        return self.account in ("", attempt.account.name) and self.verb in (
            "any",
            _VERBS[attempt.request.verb],
        )

    @classmethod
    def from_dict(cls, row: dict[str, Any], known_codes: Any) -> Fault:
        """Raises ValueError naming what is wrong."""
        known = {"fault", "account", "verb", "times", "code"}
        if unknown := sorted(set(row) - known):
            raise ValueError(f"unknown key {unknown[0]!r}; known: {', '.join(sorted(known))}")
        name = row.get("fault")
        if name not in NAMES:
            raise ValueError(f"fault must be one of {', '.join(NAMES)}, not {name!r}")
        if name == REFUSED and "code" not in row:
            raise ValueError("code is missing: what the request is refused with")
        code = EXECUTED.get(name, row.get("code"))
        if type(code) is not int or code not in known_codes:
            raise ValueError(f"code must be one that the venue documents, not {code!r}")
        verb = row.get("verb", "order")
        if verb not in VERBS:
            raise ValueError(f"verb must be one of {', '.join(VERBS)}, not {verb!r}")
        times = row.get("times", 1)
        if type(times) is not int or times < 1:
            raise ValueError(f"times must be a whole number from 1, not {times!r}")
        return cls(name, code, str(row.get("account", "")), verb, times)


class Faults:
    """Faults waiting for a request that they fit, oldest first."""

    def __init__(self) -> None:
        self.waiting: list[Fault] = []

    def add(self, fault: Fault) -> None:
        self.waiting.append(fault)

    def first_for(self, attempt: Attempt) -> Fault | None:
        """The oldest fault that fits; it is spent by `use`, once it has hit. Test orders meet none."""
        # A test order trades nothing, so there is nothing to be lost.
        if attempt.is_test:
            return None
        return next((fault for fault in self.waiting if fault.fits(attempt)), None)

    def use(self, fault: Fault) -> None:
        fault.times -= 1
        if fault.times == 0:
            self.waiting.remove(fault)
