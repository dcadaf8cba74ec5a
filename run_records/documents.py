"""Small typed documents of a run: written by msgspec, read back strictly."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from run_records.bounds import check_texts
from run_records.plain_files import read_plain
from run_records.schemas import UnreadableError, check_schema, schema_name

T = TypeVar("T")


PRIVATE = 0o600


def sync_folder(path: Path) -> None:
    """Return when the names in a folder are on the disk."""
    number = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(number)
    finally:
        os.close(number)


def write_whole(path: Path, data: bytes, mode: int = 0o666, *, durable: bool = False) -> None:
    """Write a file, or leave the one that was there: a full disk or a kill never leaves half of it. With the
    mode PRIVATE nobody else can read it at any instant, whatever lay there before; as always, the umask takes
    from a mode. It is on the disk on return if it is to be `durable`."""
    part = path.with_name(f".{path.name}.part")
    part.unlink(missing_ok=True)
    try:
        with open(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, mode), "wb") as file:
            file.write(data)
            if durable:
                file.flush()
                os.fsync(file.fileno())
        part.replace(path)
        if durable:
            sync_folder(path.parent)
    except BaseException:
        part.unlink(missing_ok=True)
        raise


def write_document(
    path: Path, kind: str, value: msgspec.Struct, mode: int = 0o666, *, durable: bool = False
) -> None:
    """The same bytes for the same value: sets and keys are written in order."""
    body = {"schema": schema_name(kind), **msgspec.to_builtins(value, order="sorted")}
    write_whole(path, msgspec.json.format(msgspec.json.encode(body), indent=2) + b"\n", mode, durable=durable)


def read_document(
    path: Path, kind: str, type_: type[T], complaint: Callable[[T], str | None] = lambda value: None
) -> T:
    """`complaint` says what is wrong with a value that has the right types. Raises UnreadableError,
    OSError."""
    try:
        row: Any = msgspec.json.decode(read_plain(path))
        if not isinstance(row, dict):
            raise UnreadableError(f"{path.name} is not a {schema_name(kind)} document")
        check_schema(row.pop("schema", None), kind, path.name)
        check_texts(row)
        value = msgspec.convert(row, type_)
    except UnreadableError:
        raise
    except (ValueError, RecursionError) as error:  # of msgspec, too
        raise UnreadableError(f"{path.name}: {error}") from None
    if wrong := complaint(value):
        raise UnreadableError(f"{path.name}: {wrong}")
    return value
