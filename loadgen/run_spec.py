"""What is run, and the directory that its records go to. Everything a judge needs of it is written down
there."""

from __future__ import annotations

import os
import platform
import time
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from loadgen.scenarios import Scenario
from loadgen.scenarios.goals import goals_of
from loadgen.scenarios.terms import terms_of
from mock_exchange.gateway.policies import Named, code_of
from run_records.folder import CONTRACT_FILE, SCENARIO_FILE
from run_records.goals import write_goals
from run_records.run import RUNNING, Run, write_run
from run_records.terms import Terms, write_terms

_LIBRARIES = (
    "aiohttp",
    "gevent",
    "httptools",
    "jinja2",
    "locust",
    "msgspec",
    "orjson",
    "scipy",
    "uvloop",
)


@dataclass(frozen=True, slots=True)
class RunSpec:
    """Everything the verdict depends on but the machine. What the run is held to is only carried along: load
    is made without looking at it."""

    scenario: Scenario
    policy: str
    contract: str
    contract_source: str
    """The contract's text, as it goes into the run's directory."""
    seed: int
    mode: str
    duration_s: float
    replications: int
    policy_sha256: str | None = None
    """Of the file that a policy of the user's own came from."""
    rarest: float | None = None
    """Carried along, too: how rare a failure of whole runs has to be ruled out."""
    planned: int | None = None
    """And how many replications there are to be, if it may end before."""

    @property
    def policy_name(self) -> str:
        """The policy without the directory it was found in: that is nobody's business."""
        return Named(self.policy).public

    def terms(self) -> Terms:
        """What a judge has to know of the scenario."""
        return terms_of(self.scenario, self.duration_s)

    def title(self, folder: Path) -> dict[str, str]:
        """What to call a run where it is watched."""
        return {
            "run": folder.name,
            "scenario": self.scenario.name,
            "policy": self.policy_name,
            "contract": self.contract,
            "seed": str(self.seed),
        }

    def run(self, state: str) -> Run:
        """What `run.json` says: no host, no user, no path."""
        return Run(
            scenario=self.scenario.name,
            policy=self.policy_name,
            contract=self.contract,
            seed=self.seed,
            mode=self.mode,
            duration_s=self.duration_s,
            replications=self.replications,
            state=state,
            time_scale=self.scenario.time_scale,
            policy_sha256=self.policy_sha256,
            policy_code=code_of(self.policy),
            policy_parameters=self.scenario.policy_settings(self.policy),
            settings=dict(self.scenario.settings),
            rarest=self.rarest,
            planned=self.planned,
            versions=versions_now(),
            machine={
                "system": platform.system(),
                "python": platform.python_version(),
                "processors": os.cpu_count(),
            },
        )


def new_folder(out: Path | None, spec: RunSpec) -> Path:
    """Create the run's directory: `out`, or runs/<time>-<scenario>-<policy>. Raises FileExistsError if
    `out` holds anything already."""
    if out is not None:
        out.mkdir(parents=True, exist_ok=True)
        if any(out.iterdir()):
            raise FileExistsError(f"{out} is not empty")
        return out
    policy = "".join(c if c.isalnum() or c in "-_" else "-" for c in spec.policy_name)
    stem = f"{time.strftime('%Y%m%dT%H%M%S')}-{spec.scenario.name}-{policy}"
    for attempt in range(1000):
        folder = Path("runs") / (stem if attempt == 0 else f"{stem}-{attempt + 1}")
        try:
            folder.mkdir(parents=True)
        except FileExistsError:
            continue
        return folder
    raise FileExistsError(f"runs/{stem}: too many runs in one second")


def describe_run(folder: Path, spec: RunSpec) -> None:
    """Write what is run, as running, the texts of scenario and contract, the terms and the goals."""
    write_run(folder, spec.run(RUNNING))
    (folder / SCENARIO_FILE).write_text(spec.scenario.source, encoding="utf-8")
    (folder / CONTRACT_FILE).write_text(spec.contract_source, encoding="utf-8")
    write_terms(folder, spec.terms())
    write_goals(folder, goals_of(spec.scenario))


def versions_now() -> dict[str, str]:
    """Of this project and of the libraries that matter, as far as they are installed."""
    found = {}
    for name in ("fireexit", *_LIBRARIES):
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found
