"""A run's directory of version 1, written as version 2 would have written it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import orjson

from fireexit.derive import scenario_of
from judging.evidence.manifest import EvidenceError, unfinished
from judging.run import count_run, judge_run, report_run
from loadgen.scenarios.goals import goals_of
from loadgen.scenarios.terms import terms_of
from mock_exchange.engine.symbols import symbols
from mock_exchange.errors import meaning_of
from mock_exchange.wire.routes import ROUTES
from run_records.clients import (
    AbandonRow,
    AttemptRow,
    IntentRow,
    attempt_files,
    attempts_file,
    intent_files,
    intents_file,
)
from run_records.folder import CONTRACT_FILE, REPORT_FILE, SCENARIO_FILE, VERDICT_FILE, replication_folder
from run_records.goals import write_goals
from run_records.journal import COLUMNS, JOURNAL, JOURNAL_FILE, JournalRow, OutcomeRow, QueryRow
from run_records.lines import Lines
from run_records.machine import Machine, write_machine
from run_records.run import COMPLETE, RUN_FILE, Run, as_json, write_run
from run_records.schemas import OLDEST, schema_name
from run_records.terms import Terms, write_terms
from run_records.words import Cause, Class, Judgement, Stage

_TELL_OF_ORDERS = frozenset(path for (_, path), route in ROUTES.items() if route.tells_of_orders)
_RENAMED = {"lying-1008": "lying"}
_row = msgspec.json.Decoder(JournalRow).decode


def upgrade(folder: Path, copy: Path) -> None:
    """Verdict and report are made again from the records. Raises EvidenceError."""
    try:
        run, validity = _run(folder)
        scenario = scenario_of(folder, run)
        terms = terms_of(scenario, run.duration_s)
        copy.mkdir()
        write_run(copy, run)
        write_terms(copy, terms)
        write_goals(copy, goals_of(scenario))
        write_machine(copy, _machine(validity))
        for name in (SCENARIO_FILE, CONTRACT_FILE):
            shutil.copyfile(folder / name, copy / name)
        for number in range(run.replications):
            _replication(replication_folder(folder, number), replication_folder(copy, number), terms)
        counted = count_run(copy)
        (copy / VERDICT_FILE).write_bytes(as_json(judge_run(counted)))
        report = report_run(counted)
        if report is not None:
            (copy / REPORT_FILE).write_bytes(as_json(report))
    except EvidenceError:
        raise
    except OSError as error:
        raise unfinished(folder, error) from None
    except (ValueError, KeyError, IndexError, TypeError) as error:
        raise EvidenceError(
            f"{folder}: its records cannot be read: {type(error).__name__}: {error}"
        ) from None


def _run(folder: Path) -> tuple[Run, dict[str, Any]]:
    row = orjson.loads((folder / RUN_FILE).read_bytes())
    if row["state"] != COMPLETE:
        raise EvidenceError(f"{folder}: the run is {row['state']}, not complete")
    return msgspec.convert(row, Run), orjson.loads((folder / VERDICT_FILE).read_bytes())["validity"]


def _machine(validity: dict[str, Any]) -> Machine:
    """Version 1 kept what the machine did in the verdict alone; its faults are found again from that."""
    known = {name: validity[name] for name in ("clock", "drivers", "exchange") if name in validity}
    return msgspec.convert(known, Machine)


def _replication(folder: Path, copy: Path, terms: Terms) -> None:
    copy.mkdir()
    shards = terms.at(0).shards
    shard_of: dict[tuple[str | int, int], int] = {}
    for path in attempt_files(folder):
        attempts = attempts_file(copy / path.name)
        for row in _lines(path, "attempts"):
            attempts.append(msgspec.convert([*row[:-2], meaning_of(*row[-2:]), *row[-2:]], AttemptRow))
            shard_of[row[0], row[1]] = symbols()[row[6]].index % shards
        attempts.close()
    for path in intent_files(folder):
        intents = intents_file(copy / path.name)
        for kind, *values in _lines(path, "intents"):
            intents.append(IntentRow(*values) if kind == "intent" else AbandonRow(*values))
        intents.close()
    if (folder / JOURNAL_FILE).exists():
        journal: Lines[JournalRow] = Lines(JOURNAL, COLUMNS, copy / JOURNAL_FILE)
        for row in _lines(folder / JOURNAL_FILE, JOURNAL):
            journal.append(_journal_row(row, shard_of))
        journal.close()


def _journal_row(row: list[Any], shard_of: dict[tuple[str | int, int], int]) -> JournalRow:
    """Outcomes and questions say more than they did; all other rows are as they were."""
    if row[0] == "outcome":
        _, at, key, leg, account, klass, truly, stage, http, code, judgement, node, *instants, cause, held = (
            row
        )
        arrived, admitted, started, counted = instants
        found = Cause.BAN if http == 418 else Cause(_RENAMED.get(cause, cause))
        shard = -1 if klass == Class.UNCLASSIFIED else shard_of.get((key, leg), -1)
        return OutcomeRow(
            at,
            key,
            leg,
            account,
            Class(klass),
            truly,
            Stage(stage),
            meaning_of(http, code),
            http,
            code,
            Judgement(judgement),
            node,
            shard,
            arrived,
            admitted,
            started,
            counted,
            found,
            held,
        )
    if row[0] == "query":
        _, at, account, path, http = row
        cause = {200: Cause.NONE, 418: Cause.BAN, 429: Cause.RATE_LIMIT}.get(http, Cause.CLIENT)
        return QueryRow(at, account, path, http, cause, path in _TELL_OF_ORDERS)
    same: JournalRow = _row(orjson.dumps(row))
    return same


def _lines(path: Path, kind: str) -> Iterator[list[Any]]:
    with path.open("rb") as file:
        if orjson.loads(file.readline()).get("schema") != schema_name(kind, OLDEST):
            raise ValueError(f"{path.name} is not a {schema_name(kind, OLDEST)} file")
        for line in file:
            if not line.endswith(b"\n"):
                return
            yield orjson.loads(line)
