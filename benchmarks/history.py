"""What has been measured, line by line in history.jsonl: `make bench` appends, `make redraw` writes the last
entries into benchmarks/README.md.

An entry holds a digest of the code that it speaks of. Where that code has changed since, the page says so.
"""

from __future__ import annotations

import hashlib
import statistics
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import msgspec

ROOT = Path(__file__).parents[1]
PATH = Path(__file__).with_name("history.jsonl")
PURE, COMPILED = "pure", "compiled"
VENUE = ("mock_exchange", "run_records")
ALL = (*VENUE, "loadgen")
SPEAKS_OF: dict[str, tuple[str, ...]] = {
    "a": VENUE,
    "b": VENUE,
    "c": ALL,
    "d": ALL,
    "e": ("mock_exchange/engine",),
    "f": VENUE,
    "g": ("mock_exchange/gateway",),
    "h": ALL,
    "i": ALL,
    "j": ("mock_exchange/engine",),
    "l": ("fireexit/cli.py", "fireexit/last_resort.py", "fireexit/console.py", "fireexit/commands"),
}
"""The code that each measure is of."""


class Entry(msgspec.Struct, frozen=True, omit_defaults=True):
    """One measure of one core. `ratio` is the median of the pairs, by its baseline; `rates` are medians per
    second of processor time, by name."""

    letter: str
    core: str
    ratio: float
    least: float
    greatest: float
    pairs: int
    commit: str
    date: str
    digest: str
    rates: dict[str, float] = {}
    what: str = ""
    """Which of several with this letter."""


def read(path: Path = PATH) -> list[Entry]:
    """Oldest first."""
    return [msgspec.json.decode(line, type=Entry) for line in path.read_text().splitlines()]


def latest(entries: list[Entry]) -> dict[tuple[str, str, str], Entry]:
    """The last entry of each measure and core."""
    return {(entry.letter, entry.what, entry.core): entry for entry in entries}


def append(
    letter: str,
    core: str,
    found: list[float],
    rates: dict[str, float] | None = None,
    what: str = "",
    path: Path = PATH,
) -> Entry:
    """Write down the ratios of some pairs, measured on what is checked out now."""
    entry = Entry(
        letter,
        core,
        round(statistics.median(found), 4),
        round(min(found), 4),
        round(max(found), 4),
        len(found),
        commit(),
        datetime.now(UTC).date().isoformat(),
        digest_of(ROOT, SPEAKS_OF[letter]),
        {name: float(f"{rate:.4g}") for name, rate in (rates or {}).items()},
        what,
    )
    with path.open("ab") as file:
        file.write(msgspec.json.encode(entry) + b"\n")
    return entry


def commit() -> str:
    """What is checked out, with a + if anything but this history has changed since."""
    head = _git("rev-parse", "--short=7", "HEAD")
    return head + ("+" if _git("status", "--porcelain", "--", ".", ":!benchmarks/history.jsonl") else "")


def _git(*arguments: str) -> str:
    return subprocess.run(
        ["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.strip()


def is_old(entry: Entry, root: Path = ROOT) -> bool:
    """Whether the code that it speaks of has changed since."""
    return entry.digest != digest_of(root, SPEAKS_OF[entry.letter])


def digest_of(root: Path, places: tuple[str, ...]) -> str:
    """Of the Python sources and tables of some folders and files of a checkout."""
    digest = hashlib.sha256()
    for place in places:
        top = root / place
        for path in sorted(top.rglob("*")) if top.is_dir() else [top]:
            if path.suffix in (".py", ".toml", ".tsv"):
                digest.update(f"{path.relative_to(root).as_posix()}\0".encode() + path.read_bytes())
    return digest.hexdigest()[:16]
