"""Run a scenario against a policy under a contract, in virtual time or over sockets."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

from fireexit.ports import why_not
from loadgen.drive.simulation import replicate
from loadgen.evidence.manifest import digest_of
from loadgen.prepare import PrepareError
from loadgen.prepare import prepare as prepare_run
from loadgen.run_folder import RunSpec, conclude, new_folder, write_run
from loadgen.verdict.judge import EXIT_STATUS
from loadgen.verdict.tally import combine, tally_folder
from mock_exchange.gateway.policies import NAMES

EXIT_USAGE = 2
EXIT_ABORTED = 130
MOST_WORKERS = 64

Progress = Callable[[str, float], None]
"""(what is being done, share done from 0 to 1)."""


class UsageError(ValueError):
    """Found before the first attempt; the message is one line that says what to do."""


@dataclass(frozen=True, slots=True)
class CheckOptions:
    """What to check. `seed` None draws one; `duration_s` None takes the scenario's, `replications` None the
    usual number of a simulated check; `settings` are values for the scenario's parameters. Over sockets,
    `workers` processes send, and Prometheus may scrape the loader and the exchange on loopback at
    `metrics_port` and `control_port` (0: nowhere in particular). `host` and
    `accounts` name a separately started exchange; `own_host` declares a public host as the user's own."""

    scenario: str = "mixed"
    policy: str = "exempt"
    mode: str = "load"
    contract: str = "strict"
    host: str | None = None
    accounts: Path | None = None
    own_host: str | None = None
    seed: int | None = None
    duration_s: float | None = None
    out: Path | None = None
    replications: int | None = None
    settings: Mapping[str, Any] = field(default_factory=dict)
    metrics_port: int = 0
    control_port: int = 0
    workers: int = 1


@dataclass(frozen=True, slots=True)
class CheckResult:
    """The verdict document, where the run's records are, the exit status it stands for, and the digest of the
    sealed run: kept elsewhere, it shows later that nothing was changed."""

    document: dict[str, Any]
    folder: Path
    exit_status: int
    digest: str

    @property
    def holds(self) -> bool:
        """Whether the contract holds; neither broken nor inconclusive."""
        return self.exit_status == 0

    def assert_holds(self) -> CheckResult:
        """For a test: fails with the broken clauses and their figures, or with why nothing can be said."""
        if self.holds:
            return self
        from loadgen.report.markdown import markdown

        raise AssertionError(f"{markdown(self.document, self.digest)}records: {self.folder}")


def check(
    options: CheckOptions | None = None, progress: Progress | None = None, **changes: Any
) -> CheckResult:
    """Run and judge, by `options` or by keywords with the same names: `check(mode="sim", policy="exempt")`.
    Raises UsageError before anything has been sent; KeyboardInterrupt leaves a run directory marked
    `aborted`."""
    options = replace(options or CheckOptions(), **changes)
    spec = prepare(options)
    check_watch(options)
    if spec.mode == "load":
        from loadgen.drive.load import Watch, check_exchange, choose_target, run_load
        from loadgen.drive.target import TargetRefusedError
        from loadgen.drive.venue_process import VenueError

        try:
            target = choose_target(options.host, options.accounts, options.own_host)
            if target is not None and target.control is not None:
                plan = spec.scenario.plan(spec.policy, spec.seed, simulated=False)
                spec = replace(spec, policy=check_exchange(target.control, plan))
        except TargetRefusedError as error:
            raise UsageError(str(error)) from None
    report = progress or _no_progress
    with run_directory(options.out, spec) as folder:
        if spec.mode == "load":
            watch = Watch(options.metrics_port, options.control_port, options.workers)
            try:
                document = run_load(spec, folder, target, report, watch=watch)
            except VenueError as error:
                raise UsageError(f"{error}; choose another --control-port") from None
        else:
            document = _simulate(spec, folder, report)
    return CheckResult(document, folder, EXIT_STATUS[document["result"]], digest_of(folder))


def check_watch(options: CheckOptions) -> None:
    """Raises UsageError for ports that are taken, and for a number of workers that makes no sense."""
    if options.mode != "load":
        for name, default in (
            ("workers", 1),
            ("metrics_port", 0),
            ("control_port", 0),
            ("host", None),
            ("accounts", None),
            ("own_host", None),
        ):
            if getattr(options, name) != default:
                raise UsageError(
                    f"--{name.replace('_', '-')} needs --mode load: a simulation opens no socket"
                )
        return
    if not 1 <= options.workers <= MOST_WORKERS:
        raise UsageError(f"workers must be from 1 to {MOST_WORKERS}, not {options.workers}")
    if options.host and options.control_port:
        raise UsageError("--control-port is for an exchange of our own; the one at --host has its own")
    if options.metrics_port and options.metrics_port == options.control_port:
        raise UsageError("the loader's and the exchange's metrics need a port each")
    for port in (options.metrics_port, options.control_port):
        if reason := why_not(port):
            raise UsageError(f"port {port} cannot be used: {reason}; choose another")


def prepare(options: CheckOptions) -> RunSpec:
    """Read and check everything the options name. Raises UsageError."""
    try:
        return prepare_run(
            options.scenario,
            options.policy,
            options.contract,
            options.mode,
            options.seed,
            options.duration_s,
            options.replications,
            options.settings,
        )
    except PrepareError as error:
        raise UsageError(str(error)) from None


@contextmanager
def run_directory(out: Path | None, spec: RunSpec) -> Iterator[Path]:
    """A new directory for a run, marked `running`, and `aborted` or `failed` if that is how it ends. Raises
    UsageError if there can be none, and for what a user's own policy raises in a simulation."""
    try:
        folder = new_folder(out, spec)
    except OSError as error:
        raise UsageError(f"cannot write the run directory: {error}") from None
    write_run(folder, spec, "running")
    try:
        yield folder
    except KeyboardInterrupt:
        write_run(folder, spec, "aborted")
        raise
    except Exception as error:
        write_run(folder, spec, "failed")
        if spec.mode != "sim" or spec.policy in NAMES:
            raise
        raise UsageError(f"policy {spec.policy} failed: {type(error).__name__}: {error}") from error


def _simulate(spec: RunSpec, folder: Path, progress: Progress) -> dict[str, Any]:
    read = partial(tally_folder, terms=spec.terms())
    tallies = replicate(spec, folder, read, lambda share: progress("simulating", share))
    return conclude(folder, spec, combine(tallies), [], {"clock": "virtual"})


def _no_progress(what: str, share: float) -> None:
    pass
