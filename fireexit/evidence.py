"""`fireexit verify` and `fireexit diff`: is it what was sealed, does it follow, what has changed since."""

from __future__ import annotations

from pathlib import Path

from fireexit.check import UsageError
from loadgen.evidence.difference import Change, differences
from loadgen.evidence.manifest import EvidenceError, digest_of, inspect
from loadgen.evidence.recompute import recompute, verdict_of


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


def compare(before: Path, after: Path) -> list[Change]:
    """Raises UsageError for what is no finished run."""
    try:
        return differences(verdict_of(before), verdict_of(after))
    except EvidenceError as error:
        raise UsageError(str(error)) from None
