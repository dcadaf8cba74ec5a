"""`fireexit report`, `funnel` and `export`: a finished run shown, cut and carried elsewhere."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from fireexit.check import UsageError
from loadgen.anatomy.funnel import CUTS, funnel
from loadgen.evidence.difference import what_else_differs
from loadgen.evidence.manifest import EvidenceError, inspect
from loadgen.evidence.parquet import write_parquet
from loadgen.evidence.recompute import report_of, verdict_of
from loadgen.report.page.page import page


def write_report(run: Path, others: Sequence[Path], target: Path) -> None:
    """The page of a run, compared with others. Raises UsageError."""
    try:
        verdict, compared = verdict_of(run), [verdict_of(other) for other in others]
        beware = [
            f"{other}: {line}"
            for other, document in zip(others, compared, strict=True)
            for line in what_else_differs(verdict, document)
        ]
        html = page(verdict, report_of(run), compared, beware)
    except EvidenceError as error:
        raise UsageError(str(error)) from None
    except (KeyError, IndexError, TypeError, AttributeError, ValueError) as error:
        raise UsageError(f"a document of these runs is malformed: {type(error).__name__}: {error}") from None
    _refuse_inside(run, target)
    try:
        target.write_bytes(html)
    except OSError as error:
        raise UsageError(f"cannot write {target}: {error.strerror}") from None


def cut(run: Path, by: str) -> Iterator[tuple[str, ...]]:
    """A head, then a row of texts for each cell, most attempts first. Raises UsageError."""
    names = [name.strip() for name in by.split(",")]
    if unknown := [name for name in names if name not in CUTS]:
        raise UsageError(f"--by {unknown[0]}: known are {', '.join(CUTS)}")
    try:
        counts = funnel(_records(run), names)
    except (OSError, ValueError, KeyError, IndexError, TypeError) as error:
        raise UsageError(f"{run}: the records cannot be read: {error}") from None
    yield *names, "attempts"
    for key, count in sorted(counts.items(), key=lambda item: (-item[1], tuple(map(str, item[0])))):
        yield *map(str, key), str(count)


def export(run: Path, target: Path) -> int:
    """Write the run's attempts as Parquet. Returns how many. Raises UsageError."""
    folders = _records(run)
    _refuse_inside(run, target)
    try:
        return write_parquet(folders, target)
    except EvidenceError as error:
        raise UsageError(str(error)) from None
    except (OSError, ValueError, KeyError, IndexError, TypeError) as error:
        raise UsageError(f"{run}: the records cannot be exported: {error}") from None


def beware(run: Path) -> list[str]:
    """What to know before trusting a run's directory: it is unfinished, or no longer as it was sealed."""
    try:
        findings = inspect(run)
    except EvidenceError as error:
        return [str(error)]
    more = f", and {len(findings) - 1} more" if len(findings) > 1 else ""
    return [f"{run} is not as it was sealed: {findings[0]}{more}"] if findings else []


def _records(run: Path) -> list[Path]:
    folders = sorted(path for path in run.glob("replication-*") if list(path.glob("attempts*.jsonl")))
    if not folders:
        raise UsageError(f"{run} holds no records of a run")
    return folders


def _refuse_inside(run: Path, target: Path) -> None:
    """A sealed directory stays as it was sealed."""
    if target.resolve().is_relative_to(run.resolve()):
        raise UsageError(f"{target} is inside the sealed run: choose a file elsewhere")
