"""`fireexit verify --again`: a simulated run made anew from its own description, its records compared.

Records, terms and verdict can all be written anew by somebody who has the tool. What nobody can write is
another course of the same seed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from fireexit.blame import blame_policy
from fireexit.derive import scenario_of
from fireexit.errors import UsageError
from fireexit.parallel import Workers
from judging.evidence.manifest import Finding, first_difference
from loadgen.drive.simulation import simulate_run
from loadgen.run_spec import RunSpec
from mock_exchange.gateway.policies import NAMES, Named, UnknownPolicyError, close_policy, load_policy
from run_records.folder import replication_folder
from run_records.run import SIM, Run


def simulated_again(
    folder: Path, run: Run, policy: str | None, progress: Callable[[float], None]
) -> list[Finding]:
    """What of the records is not what a simulation gives. `policy` is where to find one that is not shipped:
    no code is run because a run's directory names it. Raises UsageError for a run over sockets, and for a
    policy that is not at hand; EvidenceError."""
    spec = _spec(folder, run, policy)
    with TemporaryDirectory(prefix="fireexit-") as name, Workers() as each:
        with blame_policy():
            simulate_run(spec, Path(name), each.write, progress)
        return [
            finding for number in range(run.replications) for finding in _compared(folder, Path(name), number)
        ]


def _spec(folder: Path, run: Run, policy: str | None) -> RunSpec:
    if run.mode != SIM:
        raise UsageError(f"{folder} is a run over sockets, which nobody can repeat: leave --again out")
    scenario = scenario_of(folder, run)
    named = _policy(run, policy)
    try:
        close_policy(load_policy(named, scenario.policy_settings(named)))
    except UnknownPolicyError as error:
        raise UsageError(f"the run's policy is not at hand: {error}") from None
    length = run.duration_s, run.replications
    return RunSpec(
        scenario, named, run.contract, "", run.seed, run.mode, *length, run.policy_sha256, run.rarest
    )


def _policy(run: Run, given: str | None) -> str:
    """What to load: a shipped policy by the run's own word, any other by the word of whoever asks."""
    if run.policy in NAMES:
        return run.policy
    if given is None:
        raise UsageError(
            f"the run's policy {run.policy} is none of ours: name it with --policy if you trust it"
        )
    if run.policy_sha256 is not None and _sha256(given) != run.policy_sha256:
        raise UsageError(f"{given} is not from the file that the run was made with: its SHA-256 is another")
    return given


def _sha256(policy: str) -> str | None:
    try:
        return Named(policy).fingerprint()
    except OSError as error:
        raise UsageError(f"cannot read the file of {policy}: {error.strerror}") from None


def _compared(folder: Path, again: Path, number: int) -> Iterator[Finding]:
    for after in sorted(replication_folder(again, number).glob("*.jsonl")):
        before = replication_folder(folder, number) / after.name
        place = first_difference(before, after) if before.is_file() else 0
        if place is not None:
            name = before.relative_to(folder).as_posix()
            yield Finding(name, "is not what the same seed gives when simulated again", place or None)
