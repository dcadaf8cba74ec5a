"""`fireexit verify` and `fireexit diff`: is it what was sealed, does it follow, what has changed since."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fireexit.check import UsageError
from loadgen.evidence.difference import WORSE, Change, differences, undecided, what_else_differs
from loadgen.evidence.manifest import EvidenceError, digest_of, inspect
from loadgen.evidence.recompute import recompute, verdict_of
from loadgen.evidence.reconciliation import reconcile as set_side_by_side

EXIT_UNDECIDED = 3


def verify(folder: Path, digest: str | None) -> tuple[list[str], bool]:
    """(lines to print, whether all is well). Raises UsageError for what is no finished run."""
    try:
        findings = inspect(folder, digest)
        if findings:
            return [str(finding) for finding in findings], False
        lines = [f"intact: {digest_of(folder)}"]
        if digest is None:
            lines.append("(without --digest a replaced manifest would go unnoticed)")
        wrong = recompute(folder)
        if wrong:
            return [*lines, *map(str, wrong)], False
        result = verdict_of(folder)["result"]
        return [*lines, f"verdict: {result}, the same when judged again from the records"], True
    except EvidenceError as error:
        raise UsageError(str(error)) from None


def reconcile(folder: Path, *, everything: bool) -> Iterator[str]:
    """Lines to print: counts by kind, then, if asked for, each difference. Raises UsageError for what is no
    run."""
    parts = sorted(path.parent for path in folder.glob("replication-*/journal.jsonl"))
    if not parts:
        raise UsageError(f"{folder} holds no records of a run with a journal: nothing to set side by side")
    whole: Counter[str] = Counter()
    attempts = matched = 0
    listed: list[str] = []
    for part in parts:
        try:
            found = set_side_by_side(part)
        except (OSError, ValueError, KeyError, IndexError, TypeError) as error:
            raise UsageError(f"{part}: the records cannot be read: {error}") from None
        attempts += found.attempts
        matched += found.matched
        whole.update(found.counts())
        if everything:
            listed += [f"{part.name}/{difference}" for difference in found.differences]
    yield f"{attempts:,} attempts, {matched:,} of them the same on both sides; one can differ in several ways"
    yield from (f"{count:>9,} {kind}" for kind, count in whole.items())
    yield from listed


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two runs clause by clause; `warnings` say what makes them hard to compare. `status` is 1 if a clause
    got worse, 3 if one that held is undecided now, else 0."""

    titles: tuple[str, str]
    overall: tuple[str, str]
    changes: list[Change]
    warnings: list[str]
    status: int


def compare(before: Path, after: Path) -> Comparison:
    """Raises UsageError for what is no finished run."""
    try:
        old, new = verdict_of(before), verdict_of(after)
        changes = differences(old, new)
        warnings = what_else_differs(old, new)
        for folder in (before, after):
            if inspect(folder):
                warnings.append(f"{folder} does not match its seal: see `fireexit verify {folder}`")
        silent = undecided(changes, new)
        warnings += [f"{name} held and is undecided now" for name in silent]
        worse = any(change.verdict == WORSE for change in changes)
        titles = _title(before, old), _title(after, new)
        status = 1 if worse else EXIT_UNDECIDED if silent else 0
        return Comparison(titles, (old["result"], new["result"]), changes, warnings, status)
    except EvidenceError as error:
        raise UsageError(str(error)) from None


def _title(folder: Path, document: dict[str, Any]) -> str:
    run = document["run"]
    contract, length = document["contract"]["name"], f"{run['replications']} × {run['duration_s']:g} s"
    return (
        f"{folder}: scenario {run['scenario']}, policy {run['policy']}, contract {contract}, "
        f"seed {run['seed']}, {length}"
    )
