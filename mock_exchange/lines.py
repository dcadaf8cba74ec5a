"""Append-only record files: a header line that names schema and columns, then one JSON array a line."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

import orjson


class Lines:
    """Rows in memory until flushed to the file; without a path they stay in `rows`.

    `keep=False` drops the rows of a flush instead, for a process that runs on and on unrecorded.
    A flush is one write, so a kill loses at most the rows since the last one and never tears a row
    but the last.
    """

    __slots__ = ("_file", "_header", "_keep", "append", "path", "rows")

    def __init__(self, schema: str, columns: Any, path: Path | None = None, *, keep: bool = True) -> None:
        self.rows: list[list[Any]] = []
        self.append = self.rows.append
        self._file: BinaryIO | None = None
        self._keep = keep
        self._header = orjson.dumps({"schema": schema, "columns": columns}) + b"\n"
        self.path: Path | None = None
        if path is not None:
            self.record_to(path)

    def record_to(self, path: Path) -> None:
        """From now on, write to `path`."""
        self.close()
        self.path = path
        self._file = path.open("wb", buffering=0)
        self._file.write(self._header)

    def flush(self) -> None:
        if self._file is None:
            if not self._keep:
                self.rows.clear()
            return
        if not self.rows:
            return
        self._file.write(rows_as_lines(self.rows))
        self.rows.clear()

    def close(self) -> None:
        self.flush()
        if self._file is not None:
            self._file.close()
            self._file = None


def rows_as_lines(rows: list[list[Any]]) -> bytes:
    """One JSON array a line. Serialising all rows in one call is many times faster than one call each;
    rows hold no arrays of their own, so `],[` parts rows, unless a text contains it: then one by one."""
    joined = orjson.dumps(rows)[1:-1].replace(b"],[", b"]\n[")
    if joined.count(b"\n") != len(rows) - 1:
        joined = b"\n".join([orjson.dumps(row) for row in rows])
    return joined + b"\n"


def read_lines(path: Path, schema: str) -> Iterator[list[Any]]:
    """The rows of a record file. A torn last line (a killed writer) ends the file.
    Raises ValueError if the header names another schema."""
    with path.open("rb") as file:
        header = file.readline()
        if not header or orjson.loads(header).get("schema") != schema:
            raise ValueError(f"{path.name} is not a {schema} file")
        for line in file:
            if not line.endswith(b"\n"):
                return
            yield orjson.loads(line)
