"""Which core runs: the compiled one (`make fast`, or a wheel of this platform) or plain Python."""

from __future__ import annotations

import sys
from functools import cache
from importlib.machinery import EXTENSION_SUFFIXES
from pathlib import Path

from run_records import scaled

PLAIN, COMPILED = "pure Python", "compiled core"
STALE = "stale core, compiled from other sources than these: run `make fast` or `make plain`"
_SOURCES = "fireexit_core.sha256"
"""Where tools/compiling.py writes down what it has compiled."""


@cache
def core() -> str:
    """One of PLAIN, COMPILED and STALE. They do the same; the compiled one in less time."""
    if not scaled.__file__.endswith(tuple(EXTENSION_SUFFIXES)):
        return PLAIN
    sources = Path(scaled.__file__).parents[1] / _SOURCES
    # A wheel has none: its files do not change.
    return STALE if sources.is_file() and not _are_the_same(sources) else COMPILED


def demand_plain(why: str) -> None:
    """Exits if the core is compiled, with the reason for which it must not be."""
    if core() != PLAIN:
        sys.exit(f"{why}: run `make plain` first")


def _are_the_same(sources: Path) -> bool:
    import hashlib  # not at the start of every command

    for line in sources.read_text(encoding="utf-8").splitlines():
        digest, _, name = line.partition("  ")
        path = sources.parent / name
        if not path.is_file() or hashlib.sha256(path.read_bytes()).hexdigest() != digest:
            return False
    return True
