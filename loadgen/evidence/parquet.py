"""A run's attempts as one Parquet file: each as its client saw it, beside what the exchange did with it.

Needs the extra `evidence` (duckdb). Instants are exact, kept as differences to when an attempt was due, which
makes the file small.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from loadgen.evidence.manifest import EvidenceError
from loadgen.records import ATTEMPT_COLUMNS, ATTEMPTS_SCHEMA
from loadgen.verdict.exchange import Exchange
from mock_exchange.journal import SCHEMA as JOURNAL_SCHEMA
from mock_exchange.lines import read_lines

SCHEMA = "fireexit.attempts.parquet/1"
_A = {name: place for place, name in enumerate(ATTEMPT_COLUMNS)}
_COLUMNS = {
    "replication": "SMALLINT", "file": "VARCHAR", "record": "INTEGER", "leg": "SMALLINT", "trader": "VARCHAR",
    "account": "VARCHAR",
    "class": "VARCHAR", "method": "VARCHAR", "symbol": "VARCHAR", "side": "VARCHAR", "quantity": "VARCHAR",
    "intent": "INTEGER", "intended_ns": "BIGINT", "lateness_ns": "BIGINT", "latency_ns": "BIGINT",
    "http": "SMALLINT", "code": "INTEGER", "truly_reducing": "BOOLEAN", "stage": "VARCHAR",
    "answered_code": "INTEGER",
    "judgement": "VARCHAR", "counted": "BOOLEAN", "engine_code": "INTEGER",
}  # fmt: skip
"""`record` counts from 1 in its file. `intended_ns` is when it was due, `lateness_ns` from then until it
left, `latency_ns` until its answer."""
_NULL = "\\N"


_COPY = f"""
COPY (
    SELECT * FROM read_csv(
        ?, header = false, auto_detect = false, delim = ',', quote = '"', escape = '"', nullstr = '{_NULL}',
        columns = {{{{{{columns}}}}}}
    ) ORDER BY replication, intended_ns, file, record
) TO ? (
    FORMAT parquet, PARQUET_VERSION v2, COMPRESSION zstd, COMPRESSION_LEVEL 9,
    KV_METADATA {{{{schema: '{SCHEMA}'}}}}
)
"""


def write_parquet(folders: Sequence[Path], target: Path) -> int:
    """Write the attempts of several replications in the order in which they were due. Returns how many.
    Raises EvidenceError without duckdb, OSError and ValueError for what are no records."""
    try:
        duckdb: Any = import_module("duckdb")
    except ImportError:
        raise EvidenceError("Parquet needs duckdb: pip install 'fireexit[evidence]'") from None
    count = 0
    with TemporaryDirectory() as name, duckdb.connect() as base:
        flat = Path(name) / "attempts.csv"
        with flat.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file)
            for replication, folder in enumerate(folders):
                for row in _rows(folder, replication):
                    writer.writerow(row)
                    count += 1
        if not count:
            raise EvidenceError("the run holds no attempts")
        columns = ", ".join(f"'{name}': '{kind}'" for name, kind in _COLUMNS.items())
        try:
            base.execute(_COPY.format(columns=columns), [str(flat), str(target)])
        except duckdb.Error as error:
            raise EvidenceError(f"cannot write {target}: {str(error).splitlines()[0]}") from None
    return count


def _rows(folder: Path, replication: int) -> Iterator[tuple[Any, ...]]:
    journal = folder / "journal.jsonl"
    exchange = Exchange(read_lines(journal, JOURNAL_SCHEMA) if journal.exists() else ())
    for path in sorted(folder.glob("attempts*.jsonl")):
        for record, row in enumerate(read_lines(path, ATTEMPTS_SCHEMA), 1):
            key = (row[0], row[1])
            seen = exchange.outcome_of(key)
            told = (
                (_NULL,) * 5
                if seen is None
                else (seen.truly, seen.stage, seen.code, seen.judgement, seen.counted)
            )
            intended, engine_code = row[_A["intended"]], exchange.engine_code(key)
            yield (
                replication, path.name, record, row[1], row[_A["trader"]], row[_A["account"]],
                row[_A["class"]],
                row[_A["method"]], row[_A["symbol"]], row[_A["side"]], row[_A["quantity"]], row[_A["intent"]],
                intended, row[_A["sent"]] - intended, row[_A["answered"]] - intended, row[_A["http"]],
                row[_A["code"]], *told, _NULL if engine_code is None else engine_code,
            )  # fmt: skip
