"""Append-only record files: a header line that names schema and columns, then one JSON array a line."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from io import FileIO
from pathlib import Path
from typing import Any, BinaryIO, Generic, TypeVar

import msgspec

from run_records.plain_files import open_plain
from run_records.schemas import UnreadableError, check_schema, schema_name

R = TypeVar("R", bound=msgspec.Struct)
_ENCODER = msgspec.json.Encoder()
_MOST_HEADER = 1 << 20
"""Bytes of a first line. Somebody else's file may have no end of a line at all."""


class RecordsLostError(RuntimeError):
    """Records could not be written: nothing that was counted afterwards could be checked."""


class Row(msgspec.Struct, array_like=True, frozen=True, gc=False, tag_field="row"):
    """A row among other kinds: the first element names its kind, the second is its instant in nanoseconds."""

    at: int


class Lines(Generic[R]):
    """Rows in memory until flushed to the file; without a path they stay in `rows`.

    `keep=False` drops the rows of a flush instead, for a process that runs on and on unrecorded.
    A flush is one write, so a kill loses at most the rows since the last one and never tears a row
    but the last. `flush` and `close` raise RecordsLostError where the disk is full.
    """

    __slots__ = ("_file", "_head", "_keep", "append", "path", "rows")

    def __init__(self, kind: str, columns: Any, path: Path | None = None, *, keep: bool = True) -> None:
        self.rows: list[R] = []
        self.append = self.rows.append
        self._file: FileIO | None = None
        self._keep = keep
        self._head = {"schema": schema_name(kind), "columns": columns}
        self.path: Path | None = None
        if path is not None:
            self.record_to(path)

    def record_to(self, path: Path) -> None:
        """From now on, write to `path`."""
        self.begin(path, path.open("wb", buffering=0))

    def begin(self, path: Path, file: FileIO) -> None:
        """From now on, write to an empty file that is open already."""
        self.write_header(path, file)
        self.go_on(path, file)

    @property
    def header(self) -> bytes:
        """The first line of a file."""
        return _ENCODER.encode(self._head) + b"\n"

    @property
    def size(self) -> int:
        """Bytes of the file that have been written so far; 0 where nothing is recorded."""
        return self._file.tell() if self._file is not None else 0

    def is_at(self, path: Path) -> bool:
        """Whether the file that is written lies at this path itself, and not where a link there leads. Raises
        OSError."""
        if self._file is None:
            return False
        return os.path.samestat(os.fstat(self._file.fileno()), path.lstat())

    def write_header(self, path: Path, file: FileIO, **more: msgspec.Struct) -> None:
        """Begin an empty file that is open already, whose first line says `more`, too; where that fails it is
        closed."""
        try:
            _write_all(file, _ENCODER.encode({**self._head, **more}) + b"\n")
        except OSError as error:
            file.close()
            raise RecordsLostError(f"{path} cannot be written: {error.strerror}") from error

    def go_on(self, path: Path, file: FileIO) -> None:
        """From now on, write after the rows of a file that is open already."""
        self.close()
        self.path = path
        self._file = file

    def flush(self) -> None:
        if self._file is None:
            if not self._keep:
                self.rows.clear()
            return
        if not self.rows:
            return
        text = _ENCODER.encode_lines(self.rows)
        self.rows.clear()
        self._write(text)

    def _write(self, text: bytes) -> None:
        assert self._file is not None
        try:
            _write_all(self._file, text)
        except OSError as error:
            self._file.close()  # the file ends with a torn row: nothing may follow it
            self._file, self._keep = None, False
            raise RecordsLostError(f"{self.path} cannot be written: {error.strerror}") from error

    def syncing(self) -> Callable[[], None]:
        """What returns when all that has been flushed so far is on the disk. It may be called from another
        thread, and whatever file is written next."""
        if self._file is None:
            raise RecordsLostError(f"{self.path} is not written any more")
        number = os.dup(self._file.fileno())

        def sync() -> None:
            try:
                os.fsync(number)
            except OSError as error:
                raise RecordsLostError(f"{self.path} cannot be written: {error.strerror}") from error
            finally:
                os.close(number)

        return sync

    def close(self) -> None:
        self.flush()
        if self._file is not None:
            self._file.close()
            self._file = None


def _write_all(file: FileIO, text: bytes) -> None:
    waiting = memoryview(text)
    while waiting:  # a disk that is nearly full takes a part, and the next write fails
        waiting = waiting[file.write(waiting) :]


def columns_of(row: type[msgspec.Struct]) -> tuple[str, ...]:
    """The names of a row's columns, in their order in a line."""
    return row.__struct_encode_fields__


def read_rows(path: Path, kind: str, decode: Callable[[bytes], R]) -> Iterator[R]:
    """The rows of a record file. A torn last line (a killed writer) ends the file.
    Raises UnreadableError for another kind of file or a row that is none, OSError."""
    with open_plain(path) as file:
        check_header(file, kind, path.name)
        for number, line in enumerate(file, 1):
            if not line.endswith(b"\n"):
                return
            try:
                row = decode(line)
            except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
                raise UnreadableError(f"{path.name}, record {number}: {error}") from None
            yield row


def check_header(file: BinaryIO, kind: str, name: str) -> None:
    """Read the first line and check it. Raises UnreadableError."""
    try:
        header = msgspec.json.decode(file.readline(_MOST_HEADER))
        schema = header["schema"]
    except (msgspec.DecodeError, KeyError, TypeError, UnicodeDecodeError):
        raise UnreadableError(f"{name} is not a {schema_name(kind)} file") from None
    check_schema(schema, kind, name)
