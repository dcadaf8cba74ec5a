"""What is counted of one replication, or of one batch of a socket run."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from loadgen.traders.verbs import UNKNOWN_CODES
from mock_exchange.errors import SERVICE_UNAVAILABLE, THROTTLED
from mock_exchange.gateway.attempt import CANCEL, OPENING, REDUCING
from mock_exchange.journal import FALSE, SELF_INFLICTED

TRULY_REDUCING = "truly-reducing"
EXITING = "exiting"
"""Truly reducing attempts made for an intent to reduce: those who want out, not those who only quote."""
FEIGNED = "feigned"
"""Attempts of traders that pass openings off as something better, as far as they do not reduce."""
GROUPS = (OPENING, REDUCING, TRULY_REDUCING, EXITING, FEIGNED, CANCEL)

ACCEPTED = "accepted"
CAPACITY = "capacity"
UNKNOWN = "unknown"
FALSE_STATE = "false-state"
SELF_STATE = "self-inflicted"
STATE = "justified"
LIMIT = "rate-limit"
KINDS = (ACCEPTED, CAPACITY, UNKNOWN, FALSE_STATE, SELF_STATE, STATE, LIMIT)
AGAINST = (CAPACITY, UNKNOWN, FALSE_STATE)
"""Kinds that count against the venue; justified and self-inflicted refusals and rate limits do not."""

CAPACITY_CODES = frozenset((THROTTLED, SERVICE_UNAVAILABLE, -1001, -1016, -5028))

_LIMIT_CODES = frozenset((-1003, -1015))
"""Rate limits; inside a batch they come with HTTP 200."""

Pair = tuple[int, int]
"""(part, whole)."""


@dataclass(slots=True)
class Sample:
    """Counts by (group, kind) and (group, code), and what else clauses are judged by.

    - `accounts`: of exiting attempts by account, (accepted, all that the venue had to accept).
    - `past_gate`: by FEIGNED and OPENING (honest ones), (got a slot, all).
    - `opening_moments`: fifths of a second, (openings offered and none accepted, openings offered).
    - `demanded_seconds`: (seconds in which more work was offered than the venue can do, all).
    - `work`: of those, (attempts' worth of work done for answers that counted, attempts' worth of capacity).
    - `engine_ns`: (engine time spent on answers that counted, engine time spent), whenever.
    - `after_fall`: by second since the load fell, opening attempts (accepted, all).
    - `over_full`: admissions beyond a node's slots, by (slots held, slots).
    - `admitted`: all admissions.
    - `ahead`: of orders claiming to reduce that came while openings waited, (those that got before most of
      these, all).
    - `slowness`: of exiting attempts accepted, the time from arrival to answer in multiples of what one alone
      takes, rounded up.
    """

    kinds: Counter[tuple[str, str]] = field(default_factory=Counter)
    codes: Counter[tuple[str, int]] = field(default_factory=Counter)
    executed_refusals: int = 0
    counted_refusals: int = 0
    unmatched: int = 0
    accounts: dict[str, Pair] = field(default_factory=dict)
    past_gate: dict[str, Pair] = field(default_factory=dict)
    opening_moments: Pair = (0, 0)
    demanded_seconds: Pair = (0, 0)
    work: Pair = (0, 0)
    engine_ns: Pair = (0, 0)
    after_fall: list[Pair] = field(default_factory=list)
    over_full: Counter[Pair] = field(default_factory=Counter)
    admitted: int = 0
    ahead: Pair = (0, 0)
    slowness: Counter[int] = field(default_factory=Counter)

    def attempts(self, group: str) -> int:
        return sum(self.kinds[group, kind] for kind in KINDS)

    def against(self, group: str) -> Pair:
        """(attempts refused for the venue's reasons, attempts that the venue had to accept)."""
        refused = sum(self.kinds[group, kind] for kind in AGAINST)
        return refused, refused + self.kinds[group, ACCEPTED]

    def add(self, other: Sample) -> None:
        """Count another sample's attempts as this one's, too."""
        self.kinds.update(other.kinds)
        self.codes.update(other.codes)
        self.executed_refusals += other.executed_refusals
        self.counted_refusals += other.counted_refusals
        self.unmatched += other.unmatched
        self.admitted += other.admitted
        self.over_full.update(other.over_full)
        self.slowness.update(other.slowness)
        self.ahead = plus(self.ahead, other.ahead)
        self.opening_moments = plus(self.opening_moments, other.opening_moments)
        self.demanded_seconds = plus(self.demanded_seconds, other.demanded_seconds)
        self.work = plus(self.work, other.work)
        self.engine_ns = plus(self.engine_ns, other.engine_ns)
        for mine, others in ((self.accounts, other.accounts), (self.past_gate, other.past_gate)):
            for name, pair in others.items():
                mine[name] = plus(mine.get(name, (0, 0)), pair)
        length = max(len(self.after_fall), len(other.after_fall))
        self.after_fall += [(0, 0)] * (length - len(self.after_fall))
        for second, pair in enumerate(other.after_fall):
            self.after_fall[second] = plus(self.after_fall[second], pair)


def plus(a: Pair, b: Pair) -> Pair:
    return a[0] + b[0], a[1] + b[1]


def kind_of(http: int, code: int, judgement: str, stage: str = "") -> str:
    """The kind of an attempt's ending, as its client saw it; state refusals by the engine's judgement.
    A 429 that admission answered is no rate limit but a shed in disguise."""
    if code == 0:
        return ACCEPTED if http == 200 else UNKNOWN
    if code in UNKNOWN_CODES:
        return UNKNOWN
    if code in CAPACITY_CODES:
        return CAPACITY
    if http in (429, 418) or code in _LIMIT_CODES:
        return CAPACITY if stage == "admission" else LIMIT
    if judgement == FALSE:
        return FALSE_STATE
    return SELF_STATE if judgement == SELF_INFLICTED else STATE


__all__ = ["CANCEL", "OPENING", "REDUCING", "Pair", "Sample", "kind_of", "plus"]
