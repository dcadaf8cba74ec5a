"""What the process of a policy may read, and which system calls it may make."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from mock_exchange.gateway.policies.apart.calls import call_filter
from mock_exchange.gateway.policies.loading import split_file

_SYSTEM = ("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/etc", "/nix", "/dev/urandom")
_INTERPRETER = {sys.prefix, sys.base_prefix, sys.exec_prefix}
_BESIDE_BIN = ("bin", "lib", "lib64", "libexec", "share")
"""Of an installation, what its programs may need; what else lies there may be somebody's home."""
_HOUSES = [str(Path(__file__).parents[4] / name) for name in ("mock_exchange", "run_records", "fireexit")]
_RUN = "run.json"
_OURS = b'"fireexit.'
"""In the head of a document or record that fireexit has written."""
_HEAD = 256
_DEPTH = 4
_MOST_FOLDERS = 5_000
"""Folders below one that are looked through for runs; one of more is a library, not somebody's results."""


def allowed(command: list[str], process: int) -> dict[str, object]:
    """What `confine` is told of a command: paths that it may `read`, folders whose names it may `list`, and
    the filter of its `calls`."""
    folders = _folders(command)
    return {
        "read": [*_readable(command, folders)],
        "list": [str(folder) for folder in folders],
        "calls": call_filter(process).hex(),
    }


def _readable(command: list[str], folders: list[Path]) -> Iterator[str]:
    """The system, the interpreter, our messages, and the folders that the policy may come from, without what
    has been recorded there and what is hidden."""
    yield from _SYSTEM
    yield from _INTERPRETER
    yield from _HOUSES
    if (program := shutil.which(command[0])) is not None:
        real = Path(program).resolve()
        yield str(real)
        if real.parent.name == "bin":
            yield from (str(real.parents[1] / name) for name in _BESIDE_BIN)
    for folder in folders:
        with suppress(OSError):
            for entry in os.scandir(folder):
                yield from () if _is_private(Path(entry.path)) else _open_parts(Path(entry.path))


def _folders(command: list[str]) -> list[Path]:
    """Where a policy's own code may lie."""
    words = command if "/" in command[0] else command[1:]
    files = [split_file(word)[0] for word in words]
    beside = {file.resolve().parent for file in files if file.is_file()}
    known = [Path(place).resolve() for place in _INTERPRETER]
    paths = {Path(path).resolve() for path in sys.path if path}
    others = {path for path in paths if path.is_dir() and not any(path.is_relative_to(k) for k in known)}
    return sorted({Path.cwd(), *beside, *others})


def _is_private(entry: Path) -> bool:
    """Whether it is hidden, or fireexit has written it. (What is written later cannot be read either: only
    what is there is allowed.)"""
    if entry.name.startswith((".", "fireexit-")):
        return True
    return entry.suffix in (".json", ".jsonl") and entry.is_file() and _is_ours(entry)


def _open_parts(entry: Path) -> list[str]:
    """The entry itself if no run lies in it, else what of it is none: what was recorded and what was asked
    for is not for the judged."""
    parts = _without_runs(entry, _DEPTH, iter(range(_MOST_FOLDERS)))
    return [str(entry)] if parts is None else parts


def _without_runs(entry: Path, depth: int, left: Iterator[int]) -> list[str] | None:
    """None for all of it."""
    if not depth or entry.is_symlink() or not entry.is_dir() or next(left, None) is None:
        return None
    if (entry / _RUN).exists():
        return []
    try:
        inner = {path: _without_runs(path, depth - 1, left) for path in sorted(entry.iterdir())}
    except OSError:
        return None
    if all(parts is None for parts in inner.values()):
        return None
    return [one for path, parts in inner.items() for one in ([str(path)] if parts is None else parts)]


def _is_ours(file: Path) -> bool:
    try:
        with file.open("rb") as opened:
            return _OURS in opened.read(_HEAD)
    except OSError:
        return True
