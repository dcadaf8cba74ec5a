"""A run's directory from its opening to its seal."""

from __future__ import annotations

import errno
import logging
import platform
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from fireexit.errors import UsageError
from judging.evidence.manifest import seal
from judging.run import Counted, report_run
from loadgen.run_spec import RunSpec, describe_run, new_folder
from mock_exchange.gateway.policies import Named
from run_records.documents import write_whole
from run_records.folder import PAGE_FILE, REPORT_FILE, VERDICT_FILE
from run_records.lines import RecordsLostError
from run_records.run import ABORTED, COMPLETE, FAILED, Run, as_json, overwrite_run, write_run

_WORTH_HIDING = 4
"""Shorter words would be found where they mean something else."""


_FULL = frozenset((errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO))
"""Faults of the disk, not of whoever named the directory."""


@contextmanager
def open_directory(out: Path | None, spec: RunSpec) -> Iterator[Path]:
    """A new directory for a run, marked `running`, and `aborted` or `failed` if that is how it ends. Raises
    UsageError if there can be none, RecordsLostError if the disk has no room for its description."""
    try:
        folder = new_folder(out, spec)
    except OSError as error:
        raise UsageError(f"cannot write the run directory: {error}") from None
    _describe(folder, spec)
    try:
        yield folder
    except KeyboardInterrupt:
        _mark(folder, spec.run(ABORTED))
        raise
    except BaseException:
        _mark(folder, spec.run(FAILED))
        raise


def _describe(folder: Path, spec: RunSpec) -> None:
    try:
        describe_run(folder, spec)
    except OSError as error:
        if error.errno not in _FULL:
            raise UsageError(f"cannot write the run directory: {error}") from None
        _mark(folder, spec.run(FAILED))
        raise RecordsLostError(f"the run directory cannot be written: {error.strerror}") from None


def _mark(folder: Path, run: Run) -> None:
    """Say how a run ended. If there is no room for another file, the one that is there is written over: it
    takes no more of the disk."""
    try:
        write_run(folder, run)
    except OSError:
        with suppress(OSError):
            overwrite_run(folder, run)


def write_verdict(folder: Path, verdict: dict[str, Any]) -> None:
    write_whole(folder / VERDICT_FILE, as_json(verdict))


def write_report(folder: Path, verdict: dict[str, Any], counted: Counted) -> None:
    """A run is worth more than its report: what goes wrong here must not cost the seal. Where no records
    could be read there is none. Raises OSError where it cannot be written."""
    from judging.report.page.page import page  # not at the start of every command and every worker

    try:
        report = report_run(counted)
        if report is not None:
            write_whole(folder / REPORT_FILE, as_json(report))
            write_whole(folder / PAGE_FILE, page(verdict, report))
    except (ValueError, KeyError, IndexError, TypeError, ArithmeticError) as error:
        logging.getLogger("fireexit").warning("no report: %s: %s", type(error).__name__, error)


def make_sealed(folder: Path, spec: RunSpec) -> str:
    """Mark a run complete, take private words out and seal it. Returns the digest."""
    write_run(folder, spec.run(COMPLETE))
    _redact(folder, spec)
    return seal(folder)


def _redact(folder: Path, spec: RunSpec) -> None:
    """Take host, home, working directory and the policy's directory out of logs and plan; drop empty logs."""
    private = [str(Path.home()), str(Path.cwd()), platform.node()]
    private += [str(file.parent.resolve()) for file in Named(spec.policy).files]
    private = sorted({word for word in private if len(word) >= _WORTH_HIDING}, key=len, reverse=True)
    for path in (*folder.rglob("*.log"), *folder.rglob("plan.json")):
        text = path.read_text(encoding="utf-8", errors="replace")
        if not text:
            path.unlink()
            continue
        for word in private:
            text = text.replace(word, "…")
        path.write_text(text, encoding="utf-8")
