"""Writes the last entries of the history into benchmarks/README.md: `make redraw`."""

from __future__ import annotations

from pathlib import Path

from benchmarks.history import PURE, Entry, is_old, latest, read
from benchmarks.targets import CORES, TARGETS

PAGE = Path(__file__).with_name("README.md")
BEGIN, END = "<!-- measured: written by `make redraw` -->", "<!-- /measured -->"


def block(entries: list[Entry]) -> str:
    """A table of what was measured last."""
    rows = [
        "| | ratio | of | target | reached | least … greatest | measured at |",
        "| --- | --- | --- | --- | --- | --- | --- |",
    ]
    found = latest(entries)
    rows += [_row(found[key]) for key in sorted(found, key=lambda key: (key[0], key[1], key[2] != PURE))]
    return "\n".join([BEGIN, "", *rows, "", END])


def _row(entry: Entry) -> str:
    target = TARGETS[entry.letter]
    what = target.what + (f": {entry.what}" if entry.what else "")
    reached = f"{entry.ratio:.3f}" if target.is_met(entry) else f"**{entry.ratio:.3f}, missed**"
    when = f"`{entry.commit}`, {entry.date}" + ("; the code has changed since" if is_old(entry) else "")
    spread = f"{entry.least:.3f} … {entry.greatest:.3f}" if entry.pairs > 1 else "once"
    return (
        f"| {entry.letter} | {what} | {CORES[entry.core]} | {target.words(entry)} | {reached} "
        f"| {spread} | {when} |"
    )


def page() -> str:
    """The whole page with its table of now."""
    text = PAGE.read_text(encoding="utf-8")
    before, _, rest = text.partition(BEGIN)
    return before + block(read()) + rest.partition(END)[2]


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
