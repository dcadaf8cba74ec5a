"""Which core runs: the compiled one (`make fast`, or a wheel of this platform) or plain Python."""

from __future__ import annotations

from importlib.machinery import EXTENSION_SUFFIXES
from pathlib import Path

from mock_exchange import clock

PLAIN, COMPILED = "pure Python", "compiled core"
STALE = "compiled core, older than its sources: run `make fast` or `make plain`"
_HOUSES = ("loadgen", "mock_exchange", "run_records")
"""The houses that have a part in it."""


def core() -> str:
    """One of PLAIN, COMPILED and STALE. They do the same; the compiled one in less time."""
    if not clock.__file__.endswith(tuple(EXTENSION_SUFFIXES)):
        return PLAIN
    return STALE if _stale(Path(clock.__file__).parents[1]) else COMPILED


def _stale(root: Path) -> bool:
    """Whether a source has changed since. Asked in a checkout alone: a wheel's files are unpacked in any
    order."""
    if not (root / "pyproject.toml").is_file():
        return False
    for house in _HOUSES:
        for library in (root / house).rglob("*.so"):
            source = library.with_name(library.name.partition(".")[0] + ".py")
            if not source.is_file() or source.stat().st_mtime > library.stat().st_mtime:
                return True
    return False
