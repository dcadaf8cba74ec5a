"""The verdict again, from nothing but what a run directory holds."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson

from loadgen.contracts import ContractError
from loadgen.contracts.contract import parse_contract
from loadgen.evidence.manifest import EvidenceError, Finding
from loadgen.report.document import SCHEMA as REPORT_SCHEMA
from loadgen.report.page.page import page
from loadgen.run_folder import (
    CONTRACT_FILE,
    PAGE_FILE,
    REPORT_FILE,
    SCENARIO_FILE,
    VERDICT_FILE,
    RunSpec,
    as_json,
    judged,
    replication_folder,
    reported,
    versions_now,
)  # fmt: skip
from loadgen.scenarios import ScenarioError
from loadgen.scenarios.scenario import parse_scenario
from loadgen.verdict.tally import BATCHES, combine, tally_folder


def spec_of(folder: Path) -> RunSpec:
    """What was run. Raises EvidenceError."""
    try:
        row = orjson.loads((folder / "run.json").read_bytes())
        if row["state"] != "complete":
            raise EvidenceError(f"{folder}: the run is {row['state']}, not complete")
        scenario = parse_scenario(
            (folder / SCENARIO_FILE).read_text(encoding="utf-8"),
            "of the run",
            row["time_scale"],
            row["settings"],
        )
        contract = parse_contract((folder / CONTRACT_FILE).read_text(encoding="utf-8"), row["contract"])
        return RunSpec(scenario, row["policy"], contract, row["seed"], row["mode"], row["duration_s"],
                       row["replications"], row.get("policy_sha256"))  # fmt: skip
    except OSError as error:
        raise EvidenceError(f"{folder} is no finished run: {error.strerror}") from None
    except (KeyError, TypeError, orjson.JSONDecodeError, UnicodeDecodeError):
        raise EvidenceError(f"{folder}: run.json is malformed") from None
    except (ScenarioError, ContractError) as error:
        raise EvidenceError(f"{folder}: {error}") from None


def verdict_of(folder: Path) -> dict[str, Any]:
    """The verdict as it was written. Raises EvidenceError."""
    return _document(
        folder, VERDICT_FILE, "is no finished run", lambda document: isinstance(document["clauses"], list)
    )


def report_of(folder: Path) -> dict[str, Any]:
    """The report as it was written. Raises EvidenceError."""
    return _document(
        folder, REPORT_FILE, "has no report", lambda document: document["schema"] == REPORT_SCHEMA
    )


def _document(
    folder: Path, file: str, missing: str, is_one: Callable[[dict[str, Any]], bool]
) -> dict[str, Any]:
    try:
        document: dict[str, Any] = orjson.loads((folder / file).read_bytes())
        if not is_one(document):
            raise KeyError
    except OSError as error:
        raise EvidenceError(f"{folder} {missing}: {file}: {error.strerror}") from None
    except (KeyError, TypeError, orjson.JSONDecodeError):
        raise EvidenceError(f"{folder / file} is malformed") from None
    return document


def recompute(folder: Path) -> list[Finding]:
    """Judge the records again and list what comes out otherwise than it was written. What the machine did
    meanwhile is taken from the verdict: it cannot be seen in the records. Raises EvidenceError."""
    spec, written = spec_of(folder), verdict_of(folder)
    batches = BATCHES if spec.mode == "load" else 1
    validity = written.get("validity", {})
    try:
        tallies = [
            tally_folder(replication_folder(folder, number), spec.terms(), batches)
            for number in range(spec.replications)
        ]
        tally = tallies[0] if spec.mode == "load" else combine(tallies)
        again = judged(spec, tally, list(validity.get("faults", [])), validity)
        report = reported(folder, spec, tally)
    except (OSError, ValueError, KeyError, IndexError, TypeError) as error:
        return [Finding("the records", f"cannot be read: {type(error).__name__}: {error}")]
    findings = _differences(VERDICT_FILE, again, written)
    if not (folder / REPORT_FILE).exists():
        return findings  # what is missing of a sealed run, the seal has told already
    before = report_of(folder)
    if not _by_this_version(folder):
        return findings  # another version makes another report of the same records
    findings += _differences(REPORT_FILE, report, before)
    if (folder / PAGE_FILE).is_file() and (folder / PAGE_FILE).read_bytes() != page(written, before):
        findings.append(Finding(PAGE_FILE, f"is not what {VERDICT_FILE} and {REPORT_FILE} give"))
    return findings


def _differences(file: str, again: dict[str, Any], written: dict[str, Any]) -> list[Finding]:
    again = orjson.loads(as_json(again))
    return [
        Finding(file, f"{name} is not what the records give")
        for name in dict.fromkeys((*again, *written))
        if again.get(name) != written.get(name)
    ]


def _by_this_version(folder: Path) -> bool:
    """Whether the report was made by this version."""
    versions = orjson.loads((folder / "run.json").read_bytes()).get("versions", {})
    return bool(versions.get("fireexit") == versions_now().get("fireexit"))
