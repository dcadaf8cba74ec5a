"""Is what runs on another machine the same as here? Only then does the same seed give the same bytes."""

from __future__ import annotations

import hashlib
import platform
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple, Self

from fireexit.errors import ElsewhereError
from fireexit.version import __version__
from judging import clause
from loadgen import run_spec
from mock_exchange import commands
from mock_exchange.gateway.policies import Named
from run_records import units

_HOUSES = [
    Path(file).parent for file in (units.__file__, commands.__file__, clause.__file__, run_spec.__file__)
]
_DATA = frozenset((".py", ".toml", ".tsv", ".json"))


class Same(NamedTuple):
    """What a simulation's bytes depend on besides what it is told: our sources, and the policies' files."""

    version: str
    sources: str
    """SHA-256, in hexadecimal."""
    policies: tuple[tuple[str, str | None], ...]
    """Name and SHA-256 of each; None where there is no file of its own."""

    @classmethod
    def here(cls, policies: Iterable[str] = ()) -> Self:
        """Raises OSError for a policy's file that cannot be read."""
        return cls(__version__, sources(), tuple((name, Named(name).fingerprint()) for name in policies))

    def check(self) -> None:
        """Raises ElsewhereError, which says what is not the same on this machine, and its name."""
        where = platform.node() or "a worker"
        if __version__ != self.version:
            raise ElsewhereError(f"{where} has fireexit {__version__}, not {self.version}: install the same")
        if sources() != self.sources:
            raise ElsewhereError(f"{where} has other sources of fireexit {__version__}: install the same")
        for name, sha256 in self.policies:
            if _fingerprint(name) != sha256:
                raise ElsewhereError(f"{where} has no such file of policy {name}: put it at the same path")


def _fingerprint(policy: str) -> str | None:
    try:
        return Named(policy).fingerprint()
    except OSError:
        return ""


@cache
def sources() -> str:
    """SHA-256 over names and texts of all that is ours and takes part in a simulation or its verdict."""
    whole = hashlib.sha256()
    for name, path in _files():
        whole.update(f"{name} {hashlib.sha256(path.read_bytes()).hexdigest()}\n".encode())
    return whole.hexdigest()


def _files() -> Iterator[tuple[str, Path]]:
    for house in _HOUSES:
        for path in sorted(house.rglob("*")):
            if path.suffix in _DATA:
                yield path.relative_to(house.parent).as_posix(), path
