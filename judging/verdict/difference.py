"""Two runs clause by clause: did a change weaken the exit?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from judging.verdict.readings import is_outvoted

_RANK = {"broken": 0, "inconclusive": 1, "not asked": 1, "holds": 2}
_MUST_AGREE = ("scenario", "settings", "time_scale", "seed", "mode", "duration_s", "replications", "rarest")
WORSE, BETTER, SAME, UNCLEAR = "worse", "better", "same", "unclear"


@dataclass(frozen=True, slots=True)
class Change:
    """A clause in both runs; None where one of them does not have it. `verdict` is worse or better where the
    results differ or the intervals do not meet, unclear where figures differ within them, else the same."""

    id: str
    before: dict[str, Any] | None
    after: dict[str, Any] | None
    verdict: str


def differences(before: dict[str, Any], after: dict[str, Any]) -> list[Change]:
    """Of two verdict documents, in the order of the first."""
    old = {clause["id"]: clause for clause in before["clauses"]}
    new = {clause["id"]: clause for clause in after["clauses"]}
    return [
        Change(name, old.get(name), new.get(name), _between(old.get(name), new.get(name), after))
        for name in dict.fromkeys((*old, *new))
    ]


def _between(before: dict[str, Any] | None, after: dict[str, Any] | None, document: dict[str, Any]) -> str:
    """A clause of a reading that does not decide can get no run into trouble."""
    verdict = _verdict(before, after)
    outvoted = after is not None and is_outvoted(document, after)
    return UNCLEAR if outvoted and verdict == WORSE else verdict


def what_else_differs(before: dict[str, Any], after: dict[str, Any]) -> list[str]:
    """A line for each thing but the policy that two runs do not have in common: what is compared then is not
    the change alone."""
    found = [
        f"{name} differs: {before['run'].get(name)} and {after['run'].get(name)}"
        for name in _MUST_AGREE
        if before["run"].get(name) != after["run"].get(name)
    ]
    if before["contract"]["name"] != after["contract"]["name"]:
        found.append(f"contract differs: {before['contract']['name']} and {after['contract']['name']}")
    return found


def undecided(changes: list[Change], after: dict[str, Any]) -> list[str]:
    """Clauses that held and of which nothing can be said any more, but for readings that do not decide."""
    return [
        change.id
        for change in changes
        if change.before is not None
        and change.before["result"] == "holds"
        and (change.after is None or change.after["result"] == "inconclusive")
        and not (change.after is not None and is_outvoted(after, change.after))
    ]


def _verdict(before: dict[str, Any] | None, after: dict[str, Any] | None) -> str:
    if before is None or after is None:
        return UNCLEAR
    ranks = _RANK[before["result"]], _RANK[after["result"]]
    if ranks in ((2, 0), (0, 2)):
        return WORSE if ranks == (2, 0) else BETTER
    if before["interval"] and after["interval"] and "inconclusive" not in (before["result"], after["result"]):
        sign = 1 if after["at_least"] is not None else -1
        (low, high), (new_low, new_high) = before["interval"], after["interval"]
        if new_high < low or new_low > high:
            return BETTER if sign * (new_low - low) > 0 else WORSE
    return SAME if before["estimate"] == after["estimate"] and ranks[0] == ranks[1] else UNCLEAR
