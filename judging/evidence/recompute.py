"""The verdict again, from nothing but what a run directory holds."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson

from judging.contracts import ContractError
from judging.evidence.manifest import EvidenceError, Finding, unfinished
from judging.report.document import KIND as REPORT_KIND
from judging.report.page.page import page
from judging.run import Counted, Each, count_run, judge_run, one_by_one, report_run
from judging.verdict.document import KIND as VERDICT_KIND
from run_records.bounds import check_texts
from run_records.folder import PAGE_FILE, REPORT_FILE, VERDICT_FILE, replication_folder
from run_records.journal import JOURNAL_FILE, last_watch
from run_records.machine import MACHINE_FILE, MONOTONIC, DriverReport, Machine, driver_files, read_driver
from run_records.plain_files import read_plain
from run_records.run import COMPLETE, Run, as_json, read_run
from run_records.schemas import UnreadableError, check_schema
from run_records.terms import TERMS_FILE, Terms, terms_bytes

Derive = Callable[[Path, Run], Terms]
"""From a run's directory and description to its terms; raises EvidenceError."""


def verdict_of(folder: Path) -> dict[str, Any]:
    """The verdict as it was written. Raises EvidenceError."""
    return _document(
        folder, VERDICT_FILE, VERDICT_KIND, "is no finished run", lambda row: isinstance(row["clauses"], list)
    )


def report_of(folder: Path) -> dict[str, Any]:
    """The report as it was written. Raises EvidenceError."""
    return _document(
        folder, REPORT_FILE, REPORT_KIND, "has no report", lambda row: isinstance(row["rates"], list)
    )


def _document(
    folder: Path, file: str, kind: str, missing: str, is_one: Callable[[dict[str, Any]], bool]
) -> dict[str, Any]:
    try:
        document: dict[str, Any] = orjson.loads(read_plain(folder / file))
        if not isinstance(document, dict):
            raise KeyError
        check_schema(document.get("schema"), kind, str(folder / file))
        if not is_one(document):
            raise KeyError
        check_texts(document)
    except OSError as error:
        raise EvidenceError(f"{folder} {missing}: {file}: {error.strerror}") from None
    except UnreadableError as error:
        raise EvidenceError(str(error)) from None
    except (KeyError, TypeError, ValueError):
        raise EvidenceError(f"{folder / file} is malformed") from None
    return document


def counted_again(folder: Path, each: Each = one_by_one) -> Counted:
    """A finished run's records, counted anew. Raises EvidenceError."""
    try:
        run = read_run(folder)
        if run.state != COMPLETE:
            raise EvidenceError(f"{folder}: the run is {run.state}, not complete")
        return count_run(folder, each)
    except OSError as error:
        raise unfinished(folder, error) from None
    except (UnreadableError, ContractError, UnicodeDecodeError) as error:
        raise EvidenceError(f"{folder}: {error}") from None


def recompute(folder: Path, derive: Derive | None, version: str, each: Each = one_by_one) -> list[Finding]:
    """Judge the records again and list what comes out otherwise than it was written. `derive` makes the terms
    again, None where nobody knows the scenario; `version` is this tool's. Raises EvidenceError."""
    written = verdict_of(folder)
    counted = counted_again(folder, each)
    derived = None if derive is None else derive(folder, counted.run)
    if counted.unreadable:
        return [Finding("the records", line.removeprefix("the records ")) for line in counted.unreadable]
    findings = []
    if derived is not None and terms_bytes(derived) != terms_bytes(counted.terms):
        findings.append(Finding(TERMS_FILE, "is not what the scenario gives"))
    findings += _about_drivers(folder, counted.machine)
    findings += _about_exchange(folder, counted.machine)
    findings += _differences(VERDICT_FILE, judge_run(counted), written)
    if not (folder / REPORT_FILE).exists():
        return findings  # what is missing of a sealed run, the seal has told already
    before = report_of(folder)
    made_by = counted.run.versions.get("fireexit")
    # The version stands in a file that whoever changed the report may have changed, too: it excuses nothing.
    by = "" if made_by == version else f" (run.json names fireexit {made_by}, this is {version})"
    findings += _differences(REPORT_FILE, report_run(counted) or {}, before, by)
    if (folder / PAGE_FILE).is_file() and (folder / PAGE_FILE).read_bytes() != page(written, before):
        findings.append(Finding(PAGE_FILE, f"is not what {VERDICT_FILE} and {REPORT_FILE} give{by}"))
    return findings


def _about_drivers(folder: Path, machine: Machine) -> list[Finding]:
    """What is said of the load generator must be what its workers have written themselves."""
    own: list[DriverReport] = []
    for path in driver_files(replication_folder(folder, 0)):
        try:
            own.append(read_driver(path))
        except UnreadableError:
            continue  # a known fault of the run, which its verdict names
    if tuple(own) == machine.drivers:
        return []
    return [Finding(MACHINE_FILE, "is not what the load generator's workers have reported")]


def _about_exchange(folder: Path, machine: Machine) -> list[Finding]:
    """What is said of the exchange must be what it has written into its journal itself."""
    journal = replication_folder(folder, 0) / JOURNAL_FILE
    if machine.clock != MONOTONIC or machine.faults or not journal.exists():
        return []
    try:
        own = last_watch(journal)
    except UnreadableError as error:
        return [Finding("the records", str(error))]
    if own is not None and own.report == machine.exchange:
        return []
    return [Finding(MACHINE_FILE, "is not what the exchange has written of itself in its journal")]


def _differences(file: str, again: dict[str, Any], written: dict[str, Any], by: str = "") -> list[Finding]:
    again = orjson.loads(as_json(again))
    return [
        Finding(file, f"{name} is not what the records give{by}")
        for name in dict.fromkeys((*again, *written))
        if again.get(name) != written.get(name)
    ]
