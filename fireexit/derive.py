"""The terms of a run made anew from its scenario, by the code that made them first."""

from __future__ import annotations

from pathlib import Path

from judging.evidence.manifest import EvidenceError
from loadgen.scenarios import ScenarioError
from loadgen.scenarios.scenario import Scenario, parse_scenario
from loadgen.scenarios.terms import terms_of
from run_records.folder import SCENARIO_FILE
from run_records.run import RUN_FILE, Run, read_run
from run_records.schemas import UnreadableError
from run_records.terms import Terms


def derived_terms(folder: Path) -> Terms:
    """Raises EvidenceError for a run that is none, or whose scenario cannot be read any more."""
    try:
        run = read_run(folder)
    except OSError as error:
        raise EvidenceError(f"{folder} is no finished run: {RUN_FILE}: {error.strerror}") from None
    except UnreadableError as error:
        raise EvidenceError(f"{folder}: {error}") from None
    return terms_of(scenario_of(folder, run), run.duration_s)


def scenario_of(folder: Path, run: Run) -> Scenario:
    """Raises EvidenceError."""
    try:
        text = (folder / SCENARIO_FILE).read_text(encoding="utf-8")
        return parse_scenario(text, "of the run", run.time_scale, run.settings)
    except OSError as error:
        raise EvidenceError(f"{folder} is no finished run: {SCENARIO_FILE}: {error.strerror}") from None
    except (ScenarioError, UnicodeDecodeError) as error:
        raise EvidenceError(f"{folder}: {error}") from None
