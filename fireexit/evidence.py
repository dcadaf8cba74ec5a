"""`fireexit verify` and `fireexit diff`: is it what was sealed, does it follow, what has changed since."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from fireexit.errors import MALFORMED, UsageError
from fireexit.foreign import read_with_care
from fireexit.older import Opened, opened
from fireexit.parallel import Workers
from fireexit.version import __version__
from judging.anatomy.reconciliation import reconcile as reconcile_records
from judging.contracts import contract_names, load_contract
from judging.evidence.manifest import EvidenceError, Finding, digest_of, inspect
from judging.evidence.recompute import Derive, recompute, verdict_of
from judging.report.how_it_was_run import runs_text
from judging.verdict.difference import WORSE, Change, differences, undecided, what_else_differs
from run_records.bounds import made_plain
from run_records.folder import CONTRACT_FILE, SCENARIO_FILE, VERDICT_FILE
from run_records.journal import JOURNAL_FILE
from run_records.run import TRUSTED, read_run
from run_records.schemas import UnreadableError
from run_records.terms import TERMS_FILE, read_terms

EXIT_UNDECIDED = 3
SAME_AGAIN = "records: the same bytes when simulated again"
NOT_DERIVED = "terms not derived again: the scenario parser is not at hand"
NOT_COMPARED = "scenario {}: not compared with the shipped one: no scenario is at hand"
NO_SCENARIO = f"terms not derived again: there is no {SCENARIO_FILE}"
DERIVED = "terms: the same when derived again from the scenario"
DERIVED_OLDER = "terms: derived from the scenario, since its version wrote none"


@dataclass(frozen=True, slots=True)
class Again:
    """That a simulated run is to be made anew, with the policy if it is none of ours."""

    policy: str | None
    progress: Callable[[float], None]


def verify(folder: Path, digest: str | None, again: Again | None = None) -> tuple[list[str], bool]:
    """(lines to print, whether all is well). Raises UsageError for what is no finished run."""
    with read_with_care(f"{folder}: a document of it"):
        findings = inspect(folder, digest)
        if findings:
            return [str(finding) for finding in findings], False
        lines = [f"intact: {digest_of(folder)}"]
        if digest is None:
            lines.append("(without --digest a replaced manifest would go unnoticed)")
        with opened(folder) as run, Workers() as each:
            if run.older:
                lines.append(DERIVED_OLDER)
                wrong = _against_older(folder, run)
            else:
                derive, unsaid = _deriver(run.folder)
                wrong = recompute(run.folder, derive, __version__, each)
                if unsaid or TERMS_FILE not in {finding.file for finding in wrong}:
                    lines.append(unsaid or DERIVED)
            if not run.older and not wrong:
                lines += _whose_texts(run.folder)
            if again is not None and not wrong:
                wrong = _made_anew(run, again)
                lines += [] if wrong else [SAME_AGAIN]
            if wrong:
                return [*lines, *map(str, wrong)], False
            result = verdict_of(run.folder)["result"]
        return [*lines, f"verdict: {result}, the same when judged again from the records"], True


def _whose_texts(folder: Path) -> Iterator[str]:
    """Whether contract and scenario are those that are shipped under their names. A softer contract makes a
    better verdict, which follows from it as any verdict does."""
    run = read_run(folder)
    if run.policy_code == TRUSTED:
        yield made_plain(f"policy {run.policy}: trusted code, which nothing kept from these records")
    shipped = load_contract(run.contract).source if run.contract in contract_names() else None
    yield _whose("contract", run.contract, folder / CONTRACT_FILE, shipped)
    try:
        from loadgen.scenarios import load_scenario, scenario_names
    except ImportError:
        yield NOT_COMPARED.format(run.scenario)
        return
    shipped = load_scenario(run.scenario).source if run.scenario in scenario_names() else None
    yield _whose("scenario", run.scenario, folder / SCENARIO_FILE, shipped)


def _whose(what: str, name: str, path: Path, shipped: str | None) -> str:
    own = path.read_text(encoding="utf-8") if path.is_file() else ""
    if shipped is None:
        return made_plain(f"{what} {name}: one of the user's own")
    if own != shipped:
        return f"{what} {name}: beware, not the one that this version ships under that name"
    return f"{what} {name}: as shipped"


def _made_anew(run: Opened, again: Again) -> list[Finding]:
    """What of a simulated run's records the same seed does not give."""
    from fireexit.again import simulated_again

    if run.older:
        raise UsageError(f"{run.shown} is of an older version of the records: leave --again out")
    return simulated_again(run.folder, read_run(run.folder), again.policy, again.progress)


def _deriver(folder: Path) -> tuple[Derive | None, str]:
    """What makes the terms again; or None, and why nobody can make them."""
    if not (folder / SCENARIO_FILE).exists():
        return None, NO_SCENARIO
    try:
        from fireexit.derive import derived_terms
    except ImportError:
        return None, NOT_DERIVED
    return derived_terms, ""


def _against_older(folder: Path, run: Opened) -> list[Finding]:
    """A verdict of the version before says less, and says it in other places: what both say must agree."""
    again = verdict_of(run.folder)
    try:
        written = orjson.loads((folder / VERDICT_FILE).read_bytes())
        wrong = [
            name
            for name in ("result", "reasons", "readings", "intents", "figures")
            if written[name] != again[name]
        ]
        clauses = [written["precondition"], *written["clauses"]], [again["precondition"], *again["clauses"]]
        for before, after in zip(*clauses, strict=True):
            wrong += [f"clause {before['id']}: {key}" for key in before if before[key] != after.get(key)]
    except MALFORMED:
        raise EvidenceError(f"{folder / VERDICT_FILE} is malformed") from None
    return [Finding(VERDICT_FILE, f"{name} is not what the records give") for name in wrong]


def reconcile(folder: Path, *, everything: bool) -> Iterator[str]:
    """Lines to print: counts by kind, then, if asked for, each difference. Raises UsageError for what is no
    run."""
    try:
        with opened(folder) as run:
            yield from _reconciled(run.folder, folder, everything=everything)
    except EvidenceError as error:
        raise UsageError(str(error)) from None


def _reconciled(folder: Path, shown: Path, *, everything: bool) -> Iterator[str]:
    parts = sorted(path.parent for path in folder.glob(f"replication-*/{JOURNAL_FILE}"))
    if not parts:
        raise UsageError(f"{shown} holds no records of a run with a journal: nothing to set side by side")
    whole: Counter[str] = Counter()
    attempts = matched = 0
    listed: list[str] = []
    try:
        terms = read_terms(folder)
        for part in parts:
            found = reconcile_records(part, terms)
            attempts += found.attempts
            matched += found.matched
            whole.update(found.counts())
            if everything:
                listed += [f"{part.name}/{difference}" for difference in found.differences]
    except (OSError, UnreadableError, ValueError) as error:
        raise UsageError(f"{shown}: the records cannot be read: {error}") from None
    yield f"{attempts:,} attempts, {matched:,} of them the same on both sides; one can differ in several ways"
    yield from (f"{count:>9,} {kind}" for kind, count in whole.items())
    yield from listed


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two runs clause by clause."""

    titles: tuple[str, str]
    overall: tuple[str, str]
    changes: list[Change]
    warnings: list[str]
    """What makes them hard to compare."""
    status: int
    """1 if a clause got worse, 3 if one that held is undecided now, else 0."""


def compare(before: Path, after: Path) -> Comparison:
    """Raises UsageError for what is no finished run."""
    with read_with_care("a verdict of these runs"):
        with opened(before) as old_run, opened(after) as new_run:
            old, new = verdict_of(old_run.folder), verdict_of(new_run.folder)
        changes = differences(old, new)
        warnings = what_else_differs(old, new)
        for folder in (before, after):
            if inspect(folder):
                warnings.append(f"{folder} does not match its seal: see `fireexit verify {folder}`")
        silent = undecided(changes, new)
        warnings += [f"{name} held and is undecided now" for name in silent]
        worse = any(change.verdict == WORSE for change in changes)
        titles = _title(before, old), _title(after, new)
        status = 1 if worse else EXIT_UNDECIDED if silent else 0
        return Comparison(titles, (old["result"], new["result"]), changes, warnings, status)


def _title(folder: Path, document: dict[str, Any]) -> str:
    run = document["run"]
    contract = document["contract"]["name"]
    return (
        f"{folder}: scenario {run['scenario']}, policy {run['policy']}, contract {contract}, "
        f"seed {run['seed']}, {runs_text(document)}"
    )
