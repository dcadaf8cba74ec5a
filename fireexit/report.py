"""`fireexit report`, `funnel` and `export`: a finished run shown, cut and carried elsewhere."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path

from fireexit.errors import UsageError
from fireexit.foreign import read_with_care
from fireexit.older import Opened, opened
from judging.anatomy.funnel import CUTS, funnel
from judging.evidence.manifest import EvidenceError, inspect
from judging.evidence.parquet import write_parquet
from judging.evidence.recompute import report_of, verdict_of
from judging.report.page.page import page
from judging.verdict.difference import what_else_differs
from run_records.clients import attempt_files
from run_records.terms import read_terms


def write_report(run: Path, others: Sequence[Path], target: Path) -> None:
    """The page of a run, compared with others. Raises UsageError."""
    with read_with_care("a document of these runs"):
        with ExitStack() as stack:
            mine, *rest = (stack.enter_context(opened(folder)) for folder in (run, *others))
            verdict, compared = verdict_of(mine.folder), [verdict_of(other.folder) for other in rest]
            report = report_of(mine.folder)
        beware = [
            f"{other}: {line}"
            for other, document in zip(others, compared, strict=True)
            for line in what_else_differs(verdict, document)
        ]
        html = page(verdict, report, compared, beware)
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
        with opened(run) as found:
            counts = funnel(_records(found), read_terms(found.folder), names)
    except EvidenceError as error:
        raise UsageError(str(error)) from None
    except UsageError:
        raise
    except (OSError, ValueError) as error:
        raise UsageError(f"{run}: the records cannot be read: {error}") from None
    yield *names, "attempts"
    for key, count in sorted(counts.items(), key=lambda item: (-item[1], tuple(map(str, item[0])))):
        yield *map(str, key), str(count)


def export(run: Path, target: Path) -> int:
    """Write the run's attempts as Parquet. Returns how many. Raises UsageError."""
    try:
        with opened(run) as found:
            folders = _records(found)
            _refuse_inside(run, target)
            return write_parquet(folders, read_terms(found.folder), target)
    except EvidenceError as error:
        raise UsageError(str(error)) from None
    except UsageError:
        raise
    except (OSError, ValueError) as error:
        raise UsageError(f"{run}: the records cannot be exported: {error}") from None


def beware(run: Path) -> list[str]:
    """What to know before trusting a run's directory: it is unfinished, or no longer as it was sealed."""
    try:
        findings = inspect(run)
    except EvidenceError as error:
        return [str(error)]
    more = f", and {len(findings) - 1} more" if len(findings) > 1 else ""
    return [f"{run} is not as it was sealed: {findings[0]}{more}"] if findings else []


def _records(run: Opened) -> list[Path]:
    folders = sorted(path for path in run.folder.glob("replication-*") if attempt_files(path))
    if not folders:
        raise UsageError(f"{run.shown} holds no records of a run")
    return folders


def _refuse_inside(run: Path, target: Path) -> None:
    """A sealed directory stays as it was sealed."""
    if target.resolve().is_relative_to(run.resolve()):
        raise UsageError(f"{target} is inside the sealed run: choose a file elsewhere")
