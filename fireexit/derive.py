"""The terms of a run made anew from its scenario, by the code that made them first."""

from __future__ import annotations

from pathlib import Path

from judging.evidence.manifest import EvidenceError, unfinished
from loadgen.scenarios import ScenarioError
from loadgen.scenarios.scenario import Scenario, parse_scenario
from loadgen.scenarios.terms import terms_of
from run_records.folder import SCENARIO_FILE
from run_records.plain_files import read_text
from run_records.run import Run
from run_records.terms import Terms


def derived_terms(folder: Path, run: Run) -> Terms:
    """Raises EvidenceError for a run whose scenario cannot be read any more."""
    return terms_of(scenario_of(folder, run), run.duration_s)


def scenario_of(folder: Path, run: Run) -> Scenario:
    """Raises EvidenceError."""
    try:
        text = read_text(folder / SCENARIO_FILE)
        return parse_scenario(text, "of the run", run.time_scale, run.settings)
    except OSError as error:
        raise unfinished(folder, error) from None
    except (ScenarioError, ValueError) as error:
        raise EvidenceError(f"{folder}: {error}") from None
