"""The files a check leaves for a CI server beside its run directory."""

from __future__ import annotations

from pathlib import Path

from fireexit.errors import UsageError
from fireexit.result import CheckResult


def check_writable(*paths: Path | None) -> None:
    """Raises UsageError before anything is run for a file that could not be written afterwards."""
    for path in paths:
        if path is None:
            continue
        try:
            with path.open("ab"):
                pass
        except OSError as error:
            raise UsageError(f"cannot write {path}: {error.strerror}") from None


def write_files(result: CheckResult, junit_path: Path | None, summary_path: Path | None) -> None:
    """JUnit XML replaces the file, Markdown is appended: a step summary is shared by several commands."""
    if junit_path is not None:
        from judging.report.junit import junit

        junit_path.write_bytes(junit(result.document))
    if summary_path is not None:
        from judging.report.markdown import markdown

        with summary_path.open("a", encoding="utf-8") as file:
            file.write(markdown(result.document, result.digest))
