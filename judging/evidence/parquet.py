"""A run's attempts as one Parquet file: each as its client saw it, beside what the exchange did with it.

Needs the extra `evidence` (duckdb). Instants are exact, kept as differences to when an attempt was due, which
makes the file small.
"""

from __future__ import annotations

import csv
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, TextIO

from judging.evidence.manifest import EvidenceError
from judging.reading.ended import Collector, Ended, Sources, collect
from run_records.schemas import schema_name
from run_records.terms import Terms

_COLUMNS = {
    "replication": "SMALLINT",
    "file": "VARCHAR",
    "record": "INTEGER",
    "leg": "SMALLINT",
    "trader": "VARCHAR",
    "account": "VARCHAR",
    "class": "VARCHAR",
    "method": "VARCHAR",
    "symbol": "VARCHAR",
    "side": "VARCHAR",
    "quantity": "VARCHAR",
    "intent": "BIGINT",
    "intended_ns": "BIGINT",
    "lateness_ns": "BIGINT",
    "latency_ns": "BIGINT",
    "meaning": "VARCHAR",
    "http": "SMALLINT",
    "code": "VARCHAR",
    "kind": "VARCHAR",
    "truly_reducing": "BOOLEAN",
    "stage": "VARCHAR",
    "answered_meaning": "VARCHAR",
    "answered_code": "INTEGER",
    "judgement": "VARCHAR",
    "counted": "BOOLEAN",
    "done": "BOOLEAN",
}
"""`record` counts from 1 in its file. `intended_ns` is when it was due, `lateness_ns` from then until it
left, `latency_ns` until its answer. `code` is a venue's name of a refusal, so a text. `done`: whether the
engine did it."""
_NULL = "\\N"
_TYPES = ", ".join(f"'{name}': '{kind}'" for name, kind in _COLUMNS.items())
_COPY = (
    "COPY (SELECT * FROM read_csv(?, header = false, auto_detect = false, delim = ',', quote = '\"', "
    f"escape = '\"', nullstr = '{_NULL}', columns = {{{_TYPES}}}) "
    "ORDER BY replication, intended_ns, file, record) TO ? (FORMAT parquet, PARQUET_VERSION v2, "
    "COMPRESSION zstd, COMPRESSION_LEVEL 9, "
    f"KV_METADATA {{schema: '{schema_name('attempts.parquet')}'}})"
)


def write_parquet(folders: Sequence[Path], terms: Terms, target: Path) -> int:
    """Write the attempts of several replications in the order in which they were due. Returns how many.
    Raises EvidenceError without duckdb, UnreadableError and OSError for what are no records."""
    try:
        duckdb: Any = import_module("duckdb")
    except ImportError:
        raise EvidenceError("Parquet needs duckdb: pip install 'fireexit[evidence]'") from None
    count = 0
    with TemporaryDirectory() as name, duckdb.connect() as base:
        flat = Path(name) / "attempts.csv"
        with flat.open("w", encoding="utf-8", newline="") as file:
            for replication, folder in enumerate(folders):
                writing = _Writing(file, replication)
                collect(Sources.of(folder), terms, [writing])
                count += writing.written
        if not count:
            raise EvidenceError("the run holds no attempts")
        try:
            base.execute(_COPY, [str(flat), str(target)])
        except duckdb.Error as error:
            raise EvidenceError(f"cannot write {target}: {str(error).splitlines()[0]}") from None
    return count


class _Writing(Collector):
    def __init__(self, file: TextIO, replication: int) -> None:
        self._writer = csv.writer(file)
        self._replication = replication
        self.written = 0

    def count(self, ended: Ended) -> None:
        row, seen = ended.row, ended.seen
        told: tuple[Any, ...] = (_NULL,) * 5
        if seen is not None:
            told = (seen.stage, seen.meaning, seen.code, seen.judgement, seen.counted)
        self._writer.writerow(
            (
                self._replication,
                ended.file,
                ended.record,
                row.leg,
                row.trader,
                row.account,
                row.klass,
                row.method,
                row.symbol,
                row.side,
                row.quantity,
                row.intent,
                row.intended,
                row.sent - row.intended,
                row.answered - row.intended,
                row.meaning,
                row.http,
                row.code,
                ended.kind,
                ended.truly,
                *told,
                _NULL if ended.done is None else ended.done,
            )
        )
        self.written += 1
