"""Which files the process of a policy may read."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from mock_exchange.gateway.policies.loading import split_file

_SYSTEM = ("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/etc", "/opt", "/nix", "/dev/urandom")
_INTERPRETER = {sys.prefix, sys.base_prefix, sys.exec_prefix}
_HOUSES = [str(Path(__file__).parents[4] / name) for name in ("mock_exchange", "run_records", "fireexit")]
_RUN = "run.json"


def allowed(command: list[str]) -> dict[str, list[str]]:
    """What `confine` is told of a command: paths that it may `read`, folders whose names it may `list`."""
    folders = _folders(command)
    return {"read": [*_readable(command, folders)], "list": [str(folder) for folder in folders]}


def _readable(command: list[str], folders: list[Path]) -> Iterator[str]:
    """The system, the interpreter, our messages, and the folders that the policy may come from, without the
    runs that lie there."""
    yield from _SYSTEM
    yield from _INTERPRETER
    yield from _HOUSES
    if (program := shutil.which(command[0])) is not None:
        real = Path(program).resolve()
        yield str(real.parents[1] if real.parent.name == "bin" else real)
    for folder in folders:
        with suppress(OSError):
            yield from (entry.path for entry in os.scandir(folder) if not _holds_runs(Path(entry.path)))


def _folders(command: list[str]) -> list[Path]:
    """Where a policy's own code may lie."""
    files = [split_file(word)[0] for word in command[1:]]
    beside = {file.resolve().parent for file in files if file.is_file()}
    known = [Path(place).resolve() for place in _INTERPRETER]
    paths = {Path(path).resolve() for path in sys.path if path}
    others = {path for path in paths if path.is_dir() and not any(path.is_relative_to(k) for k in known)}
    return sorted({Path.cwd(), *beside, *others})


def _holds_runs(entry: Path) -> bool:
    """Whether it is the directory of a run, or one of several. What is recorded there, and what was asked
    for, is not for the judged."""
    if (entry / _RUN).exists():
        return True
    with suppress(OSError):
        return any((inner / _RUN).exists() for inner in entry.iterdir())
    return False
