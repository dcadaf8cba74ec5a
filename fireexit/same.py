"""Is what runs on another machine the same as here? Only then does the same seed give the same bytes."""

from __future__ import annotations

import hashlib
import platform
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple, Self

from fireexit.core import STALE, core
from fireexit.errors import ElsewhereError, UsageError
from judging import clause
from loadgen import run_spec
from mock_exchange import commands
from mock_exchange.gateway.policies import Named, code_of
from run_records import units

_FACE = Path(__file__).parent
_HOUSES = [
    Path(file).parent for file in (units.__file__, commands.__file__, clause.__file__, run_spec.__file__)
]
_DATA = frozenset((".py", ".toml", ".tsv", ".json"))


class Same(NamedTuple):
    """What a simulation's bytes depend on besides what it is told."""

    versions: dict[str, str]
    """Of Python, of this project and of the libraries that matter."""
    sources: str
    """SHA-256 of our own, in hexadecimal."""
    policies: dict[str, tuple[str | None, str]]
    """By name: SHA-256 of the files (None for one of ours), and how its code is kept apart."""

    @classmethod
    def here(cls, policies: Iterable[str] = ()) -> Self:
        """Raises UsageError for a policy that cannot be held to be the same elsewhere."""
        if core() == STALE:
            raise UsageError(f"this is a {STALE}")
        return cls(_versions(), sources(), {name: _policy(name) for name in policies})

    def check(self) -> None:
        """Raises ElsewhereError, which says what is not the same on this machine, and its name."""
        if (difference := self._difference()) is not None:
            raise ElsewhereError(f"{platform.node() or 'a worker'} {difference}")

    def _difference(self) -> str | None:
        found = _versions()
        for name in sorted(self.versions.keys() | found.keys()):
            if self.versions.get(name) != found.get(name):
                return f"has {name} {found.get(name, 'not at all')}, not {self.versions.get(name, 'at all')}"
        if core() == STALE:
            return f"has a {STALE}"
        if sources() != self.sources:
            return "has other sources of fireexit: install the same, and start its workers anew"
        if _looks() != _looked_like():
            return "has other sources than when its worker was started: start it anew"
        for name, (sha256, kept) in self.policies.items():
            named = Named(name)
            if not all(file.is_file() for file in named.files):
                return f"has no file of policy {name}: put it at the same path"
            if named.fingerprint() != sha256:
                return f"has another file of policy {name}"
            if code_of(name) != kept:
                return f"runs policy {name} otherwise: {code_of(name)}, not {kept}"
        return None


@cache
def _versions() -> dict[str, str]:
    """What this process runs: read once, since that takes 10 ms."""
    return {"Python": ".".join(platform.python_version_tuple()[:2]), **run_spec.versions_now()}


def _policy(name: str) -> tuple[str | None, str]:
    named = Named(name)
    try:
        sha256 = named.fingerprint()
    except OSError as error:
        raise UsageError(f"cannot read the file of policy {name}: {error.strerror}") from None
    if sha256 is None and not named.is_shipped:
        raise UsageError(
            f"--executor: name the file of policy {name}, so that workers can be held to the same one"
        )
    if any(not file.is_absolute() for file in named.files):
        raise UsageError(f"--executor: give the whole path of policy {name}, which workers have to find")
    return sha256, code_of(name)


@cache
def sources() -> str:
    """SHA-256 over names and texts of all that is ours, as it was when this was first asked."""
    _looked_like()
    whole = hashlib.sha256()
    for name, path in _files():
        whole.update(f"{name} {hashlib.sha256(path.read_bytes()).hexdigest()}\n".encode())
    return whole.hexdigest()


@cache
def _looked_like() -> list[tuple[str, int, int]]:
    return _looks()


def _looks() -> list[tuple[str, int, int]]:
    """Name, size and time of change of each file: cheap enough for every run."""
    states = ((name, path.stat()) for name, path in _files())
    return [(name, state.st_size, state.st_mtime_ns) for name, state in states]


def _files() -> Iterator[tuple[str, Path]]:
    """In a wheel, the houses lie inside this package; in a checkout, beside it."""
    for top in (_FACE, *_HOUSES):
        for path in sorted(top.rglob("*")):
            if path.suffix in _DATA and path.is_file() and not (top == _FACE and _is_in_a_house(path)):
                yield f"{top.name}/{path.relative_to(top).as_posix()}", path


def _is_in_a_house(path: Path) -> bool:
    return any(house in path.parents for house in _HOUSES)
