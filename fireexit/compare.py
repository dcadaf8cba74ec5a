"""Policies under scenarios, side by side, with common random numbers: all of them meet the same traffic."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import dataclass
from pathlib import Path

from fireexit.bake_off import QUICK_RAREST, QUICK_REPLICATIONS, QUICK_TIME_SCALE, run_bake_off
from fireexit.blame import blame_policy
from fireexit.errors import UsageError
from fireexit.options import EARLY, ends_early
from fireexit.parallel import workers
from fireexit.prepare import REPLICATIONS, prepare_run
from judging.comparison import BakeOff
from loadgen.scenarios import bake_off_names
from mock_exchange.gateway.policies import NAMES
from run_records.run import SIM

ALL = "all"


@dataclass(frozen=True, slots=True)
class CompareOptions:
    """What to compare. `seed` None draws one; `quick` takes 5 replications of scenarios half as long. `stop`:
    `early`, each cell as soon as a clause is broken beyond doubt, or `planned`."""

    policies: list[str]
    scenarios: list[str]
    contract: str = "strict"
    seed: int | None = None
    replications: int | None = None
    quick: bool = False
    duration_s: float | None = None
    stop: str = EARLY
    executor: str | Executor | None = None
    """Where cells are simulated; None: on this machine."""


def compare(options: CompareOptions, progress: Callable[[float], None] | None = None) -> BakeOff:
    """Run and judge every pair. Raises UsageError before anything runs, or naming a policy that fails."""
    policies = list(NAMES) if options.policies == [ALL] else options.policies
    scenarios = bake_off_names() if options.scenarios == [ALL] else options.scenarios
    if not policies:
        raise UsageError("no policies to compare; give --policies a,b,c or --policies all")
    if not scenarios:
        raise UsageError("no scenarios to compare under; give --scenarios a,b,c or --scenarios all")
    for names in (policies, scenarios):
        if twice := [name for name in names if names.count(name) > 1]:
            raise UsageError(f"{twice[0]} is named twice")
    stop_early = ends_early(options.stop)
    seed = secrets.randbelow(1_000_000) if options.seed is None else options.seed
    for scenario in scenarios:
        for policy in policies:
            prepare_run(scenario, policy, options.contract, SIM, seed, options.duration_s)
    standard = QUICK_REPLICATIONS if options.quick else REPLICATIONS
    replications = options.replications if options.replications is not None else standard
    if not 2 <= replications <= 10_000:
        raise UsageError(f"replications must be from 2 to 10000, not {replications}")
    scale = QUICK_TIME_SCALE if options.quick else 1.0
    with workers(options.executor, policies) as each, blame_policy():
        return run_bake_off(
            policies, scenarios, options.contract, seed, replications, scale, options.duration_s, progress,
            QUICK_RAREST if options.quick else None, stop_early=stop_early, each=each,
        )  # fmt: skip


def check_paths(*paths: Path | None) -> None:
    """Raises UsageError now rather than after a long run."""
    for path in paths:
        if path is None:
            continue
        if path.is_dir():
            raise UsageError(f"cannot write {path}: it is a folder")
        if not path.absolute().parent.is_dir():
            raise UsageError(f"cannot write {path}: its folder does not exist")


def write_reports(bake_off: BakeOff, markdown: Path | None, svg: Path | None) -> None:
    """Raises UsageError if a file cannot be written."""
    from judging.report.bakeoff import to_markdown
    from judging.report.heat_map import to_svg

    for path, text in ((markdown, to_markdown), (svg, to_svg)):
        if path is not None:
            try:
                path.write_text(text(bake_off), encoding="utf-8")
            except OSError as error:
                raise UsageError(f"cannot write {path}: {error.strerror}") from None
