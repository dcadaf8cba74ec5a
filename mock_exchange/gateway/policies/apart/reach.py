"""What the process of a policy may read, and which system calls it may make."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

from mock_exchange.gateway.policies.apart import confine
from mock_exchange.gateway.policies.apart.calls import call_filter
from mock_exchange.gateway.policies.loading import split_file

_SYSTEM = (
    "/usr",
    "/bin",
    "/sbin",
    "/lib",
    "/lib32",
    "/lib64",
    "/etc",
    "/nix",
    "/dev/urandom",
    "/dev/random",
    "/dev/zero",
)
_INTERPRETER = {sys.prefix, sys.base_prefix, sys.exec_prefix}
_BESIDE_BIN = ("bin", "lib", "lib64", "libexec", "share")
"""Of an installation, what its programs may need; what else lies there may be somebody's home."""
_HOUSES = [str(Path(__file__).parents[4] / name) for name in ("mock_exchange", "run_records", "fireexit")]
_LIBRARIES = ("node_modules", "site-packages", "dist-packages")
"""Folders that are opened whole."""
_RUN = "run.json"
_RUNS = "runs"
"""Where runs go unless somebody says otherwise."""
_OURS = b'"fireexit.'
"""In the head of a document or record that fireexit has written, which is JSON."""
_HEAD = 256
_DEPTH = 8
_MOST_FOLDERS = 5_000
"""What lies deeper, or comes after so many, is left closed."""


def allowed(command: list[str], process: int) -> dict[str, object]:
    """What `confine` is told of a command: paths that it may `read`, folders whose names it may `list`, and
    the filter of its `calls`."""
    folders = _folders(command)
    return {
        "read": [*_readable(command, folders)],
        "list": [str(folder) for folder in folders],
        "calls": call_filter(process, scoped=confine.version() >= confine.SCOPED).hex(),
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
        if real.parent.name == "bin" and not _is_home(real.parents[1]):
            yield from (str(real.parents[1] / name) for name in _BESIDE_BIN)
    left = iter(range(_MOST_FOLDERS))
    for folder in folders:
        yield from _open_parts(folder, _DEPTH, left)


def _folders(command: list[str]) -> list[Path]:
    """Where a policy's own code may lie."""
    words = command if "/" in command[0] else command[1:]
    files = [split_file(word)[0] for word in words]
    beside = {file.resolve().parent for file in files if file.is_file()}
    known = [Path(place).resolve() for place in _INTERPRETER]
    paths = {Path(path).resolve() for path in sys.path if path}
    others = {path for path in paths if path.is_dir() and not any(path.is_relative_to(k) for k in known)}
    return sorted({Path.cwd(), *beside, *others})


def _is_home(folder: Path) -> bool:
    return folder == Path.home() or folder.name.startswith(".")


def _open_parts(folder: Path, depth: int, left: Iterator[int]) -> list[str]:
    """What of a folder can be opened. What is written later cannot be: only what is there is allowed. Nor
    can a link: where it leads is open or not by itself."""
    return list(chain.from_iterable(_looked_through(folder, depth, left).values()))


def _looked_through(folder: Path, depth: int, left: Iterator[int]) -> dict[str, list[str]]:
    """For each entry of a folder, what of it can be opened. Of one that is left closed, nothing of itself."""
    if not depth or next(left, None) is None:
        return {str(folder): []}
    try:
        inner = sorted(folder.iterdir())
    except OSError:
        return {str(folder): []}
    return {str(path): [] if _is_private(path) else _parts_of(path, depth, left) for path in inner}


def _parts_of(path: Path, depth: int, left: Iterator[int]) -> list[str]:
    """The path itself if nothing in it is private."""
    if not path.is_dir() or path.name in _LIBRARIES:
        return [str(path)]
    each = _looked_through(path, depth - 1, left)
    if all(parts == [entry] for entry, parts in each.items()):
        return [str(path)]
    return list(chain.from_iterable(each.values()))


def _is_private(path: Path) -> bool:
    """Whether it is hidden, or what fireexit has recorded or was told: that is not for the judged."""
    if path.name.startswith((".", "fireexit-")) or path.name == _RUNS or path.is_symlink():
        return True
    if path.is_dir():
        return (path / _RUN).exists()
    return path.is_file() and _is_ours(path)


def _is_ours(file: Path) -> bool:
    try:
        with file.open("rb") as opened:
            head = opened.read(_HEAD)
    except OSError:
        return True
    return head.lstrip()[:1] in (b"{", b"[") and _OURS in head
