"""A run's directory: what was run, its records, its verdict. It stands alone."""

from __future__ import annotations

import logging
import os
import platform
import time
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import orjson

from loadgen.anatomy.dissection import dissect
from loadgen.contracts import Contract
from loadgen.evidence.manifest import seal
from loadgen.report.document import report_document
from loadgen.scenarios import Scenario
from loadgen.verdict.document import verdict_document
from loadgen.verdict.judge import INCONCLUSIVE, judge
from loadgen.verdict.tally import Tally
from loadgen.verdict.terms import Terms

SCHEMA = "fireexit.run/1"
SCENARIO_FILE, CONTRACT_FILE, VERDICT_FILE = "scenario.toml", "contract.toml", "verdict.json"
REPORT_FILE, PAGE_FILE = "report.json", "report.html"
_WORTH_HIDING = 4
"""Shorter words would be found where they mean something else."""
_LIBRARIES = ("aiohttp", "gevent", "httptools", "locust", "orjson", "scipy", "uvloop")


@dataclass(frozen=True, slots=True)
class RunSpec:
    """What is run: everything the verdict depends on but the machine. `duration_s` in seconds."""

    scenario: Scenario
    policy: str
    contract: Contract
    seed: int
    mode: str
    duration_s: float
    replications: int
    policy_sha256: str | None = None
    """Of the file that a policy of the user's own came from."""

    @property
    def policy_name(self) -> str:
        """The policy without the directory it was found in: that is nobody's business."""
        return Path(self.policy).name if is_policy_file(self.policy) else self.policy

    def terms(self) -> Terms:
        """What the tally has to know of the scenario."""
        scenario = self.scenario
        plan = scenario.plan(self.policy, self.seed, simulated=True)
        return Terms.of(plan, self.duration_s, scenario.population.feigning(), scenario.recovers_at_s,
                        scenario.reported)  # fmt: skip

    def title(self, folder: Path) -> dict[str, str]:
        """What to call a run where it is watched."""
        return {
            "run": folder.name,
            "scenario": self.scenario.name,
            "policy": self.policy_name,
            "contract": self.contract.name,
            "seed": str(self.seed),
        }

    def to_dict(self) -> dict[str, Any]:
        return {
            "scenario": self.scenario.name,
            "policy": self.policy_name,
            "policy_sha256": self.policy_sha256,
            "policy_parameters": self.scenario.policy_settings(self.policy),
            "settings": dict(self.scenario.settings),
            "time_scale": self.scenario.time_scale,
            "seed": self.seed,
            "mode": self.mode,
            "duration_s": self.duration_s,
            "replications": self.replications,
        }


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


def replication_folder(folder: Path, number: int) -> Path:
    """Where the records of a replication are; a run over sockets has only number 0."""
    return folder / f"replication-{number:02d}"


def write_run(folder: Path, spec: RunSpec, state: str) -> None:
    """`run.json`: the run, its state, versions and a redacted machine (no host, user or path), and the
    texts of scenario and contract beside it."""
    document = {
        "schema": SCHEMA,
        "state": state,
        **spec.to_dict(),
        "contract": spec.contract.name,
        "versions": versions_now(),
        "machine": {
            "system": platform.system(),
            "python": platform.python_version(),
            "processors": os.cpu_count(),
        },
    }
    (folder / "run.json").write_bytes(as_json(document))
    (folder / SCENARIO_FILE).write_text(spec.scenario.source, encoding="utf-8")
    (folder / CONTRACT_FILE).write_text(spec.contract.source, encoding="utf-8")


def conclude(
    folder: Path, spec: RunSpec, tally: Tally, invalid: list[str], validity: dict[str, Any]
) -> dict[str, Any]:
    """Judge the tally, write verdict and report, mark the run complete and seal it. Returns the verdict."""
    document = judged(spec, tally, invalid, validity)
    (folder / VERDICT_FILE).write_bytes(as_json(document))
    if tally.breakdowns:  # else there are no records that could be read
        _write_report(folder, spec, tally, document)
    write_run(folder, spec, "complete")
    _redact(folder, spec)
    seal(folder)
    return document


def is_policy_file(policy: str) -> bool:
    """Whether a policy is named by a path, not by a name or a module."""
    return "/" in policy or policy.partition(":")[0].endswith(".py")


def _redact(folder: Path, spec: RunSpec) -> None:
    """Take host, home, working directory and the policy's directory out of logs and plan; drop empty logs."""
    private = [str(Path.home()), str(Path.cwd()), platform.node(), str(Path(spec.policy).parent.resolve())]
    private = sorted({word for word in private if len(word) >= _WORTH_HIDING}, key=len, reverse=True)
    for path in (*folder.rglob("*.log"), *folder.rglob("plan.json")):
        text = path.read_text(encoding="utf-8", errors="replace")
        if not text:
            path.unlink()
            continue
        for word in private:
            text = text.replace(word, "…")
        path.write_text(text, encoding="utf-8")


def _write_report(folder: Path, spec: RunSpec, tally: Tally, document: dict[str, Any]) -> None:
    """A run is worth more than its report: what goes wrong here must not cost the seal."""
    from loadgen.report.page.page import page  # not at the start of every command and every worker

    try:
        report = reported(folder, spec, tally)
        (folder / REPORT_FILE).write_bytes(as_json(report))
        (folder / PAGE_FILE).write_bytes(page(document, report))
    except (OSError, ValueError, KeyError, IndexError, TypeError, ArithmeticError) as error:
        logging.getLogger("fireexit").warning("no report: %s: %s", type(error).__name__, error)


def judged(spec: RunSpec, tally: Tally, invalid: list[str], validity: dict[str, Any]) -> dict[str, Any]:
    """The verdict document of a tally; nothing is written."""
    judgement = judge(spec.contract, tally, [*invalid, *tally.wrong_books])
    own = spec.scenario.duration_s
    if judgement.result == INCONCLUSIVE and not invalid and spec.duration_s < own:
        judgement.reasons.append(
            f"the run was cut to {spec.duration_s:g} s of the scenario's {own:g}: run longer"
        )
    return verdict_document(spec.to_dict(), spec.contract, judgement, tally, validity)


def reported(folder: Path, spec: RunSpec, tally: Tally) -> dict[str, Any]:
    """The report document of a run's records; nothing is written."""
    dissected = dissect(replication_folder(folder, 0), spec.terms())
    return report_document(spec.scenario, tally.breakdowns, dissected, spec.contract.confidence)


def as_json(document: dict[str, Any]) -> bytes:
    """The same bytes for the same document."""
    return orjson.dumps(document, option=orjson.OPT_INDENT_2) + b"\n"


def versions_now() -> dict[str, str]:
    """Of this project and of the libraries that matter, as far as they are installed."""
    found = {}
    for name in ("fireexit", *_LIBRARIES):
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found
