"""The main path: prepare, run, judge, report, seal. In virtual time or over sockets."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from fireexit.blame import blame_policy
from fireexit.directory import make_sealed, open_directory, write_report, write_verdict
from fireexit.early_end import simulate_until_decided
from fireexit.errors import UsageError
from fireexit.locust import LOCUSTFILE
from fireexit.options import CheckOptions, check_sockets
from fireexit.parallel import Workers, workers
from fireexit.prepare import prepare_run
from fireexit.result import CheckResult
from judging.run import Each, count_run, judge_run
from judging.verdict.words import EXIT_STATUS
from loadgen.drive.load import ChosenTarget, Watch, choose_target, declared_policy, load_run
from loadgen.drive.simulation import simulate_run
from loadgen.drive.target import TargetRefusedError
from loadgen.drive.venue_process import VenueError
from loadgen.run_spec import RunSpec
from run_records.run import LOAD

Progress = Callable[[str, float], None]
"""(what is being done, share done from 0 to 1)."""


def check(
    options: CheckOptions | None = None, progress: Progress | None = None, **changes: Any
) -> CheckResult:
    """Run and judge, by `options` or by keywords with the same names: `check(mode="sim", policy="exempt")`.
    Raises UsageError before anything has been sent, and ElsewhereError where `executor` cannot do the work as
    it would be done here; KeyboardInterrupt leaves a run directory marked `aborted`."""
    options = replace(options or CheckOptions(), **changes)
    spec, target = prepare(options)
    with workers(options.executor, [spec.policy]) as each, open_directory(options.out, spec) as folder:
        with blame_policy():
            spec = run(spec, folder, target, options, each, progress or _no_progress)
        return judge_report_seal(spec, folder, each)


def judge_report_seal(spec: RunSpec, folder: Path, each: Each) -> CheckResult:
    """What is done with records, however they were made."""
    counted = count_run(folder, each)
    verdict = judge_run(counted)
    write_verdict(folder, verdict)
    write_report(folder, verdict, counted)
    digest = make_sealed(folder, spec)
    return CheckResult(verdict, folder, EXIT_STATUS[verdict["result"]], digest)


def prepare(options: CheckOptions) -> tuple[RunSpec, ChosenTarget | None]:
    """Read and check everything the options name, the exchange started elsewhere too (None: one of our own,
    or none at all). Raises UsageError."""
    spec = prepare_run(
        options.scenario,
        options.policy,
        options.contract,
        options.mode,
        options.seed,
        options.duration_s,
        options.replications,
        options.settings,
        rarest=options.rarest,
        stop=options.stop,
    )
    check_sockets(options)
    if spec.mode != LOAD:
        return spec, None
    try:
        target = choose_target(options.host, options.accounts, options.own_host)
        policy = declared_policy(target, spec)
        ours = target is None  # what file another exchange has its policy from is not known here
        return replace(spec, policy=policy, policy_sha256=spec.policy_sha256 if ours else None), target
    except TargetRefusedError as error:
        raise UsageError(str(error)) from None


def run(
    spec: RunSpec,
    folder: Path,
    target: ChosenTarget | None,
    options: CheckOptions,
    each: Workers,
    progress: Progress,
) -> RunSpec:
    """Make the load and write the records; returns what was made of what was asked for. Raises UsageError for
    a port that cannot be had."""
    if spec.mode != LOAD:
        simulate = simulate_until_decided if spec.planned is not None else _simulate
        return simulate(spec, folder, each, lambda share: progress("simulating", share))
    watch = Watch(options.metrics_port, options.control_port, options.workers)
    try:
        load_run(spec, folder, target, LOCUSTFILE, progress, watch=watch)
    except VenueError as error:
        raise UsageError(f"{error}; choose another --control-port") from None
    return spec


def _simulate(spec: RunSpec, folder: Path, each: Workers, progress: Callable[[float], None]) -> RunSpec:
    simulate_run(spec, folder, each.write, progress)
    return spec


def _no_progress(what: str, share: float) -> None:
    pass
