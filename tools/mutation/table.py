"""What came of the trials: a row for each house and each critical part, and what nobody noticed."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Sequence
from pathlib import Path

import msgspec

from judging.statistics import wilson
from tools.mutation.points import CONTROL, Point
from tools.mutation.trial import KILLED, TIMEOUT, Trial

ALPHA = 0.05
WANTED = 0.85
"""The lower end of the 95 % interval of the share noticed is to reach this."""
MOST_EQUIVALENT = 0.05


class Equivalent(msgspec.Struct, frozen=True):
    """A change that makes no difference."""

    file: str
    function: str
    line: str
    text: str
    reason: str

    def fits(self, point: Point, source: str) -> bool:
        return (self.file, self.function, self.text) == (
            point.file,
            point.function,
            point.text,
        ) and self.line in source


class Row(msgspec.Struct):
    """One line of the table; `share` is of all points that are not equivalent."""

    name: str
    points: int
    """Tried so far, `of` so many."""
    of: int
    noticed: int
    equivalent: int
    share: float
    low: float
    missed: list[Trial]


def equivalents(path: Path) -> list[Equivalent]:
    rows = tomllib.loads(path.read_text(encoding="utf-8")).get("changes", [])
    return msgspec.convert(rows, list[Equivalent])


def row_of(name: str, trials: Sequence[Trial], of: int, same: Iterable[Equivalent], root: Path) -> Row:
    """Counts trials; what is said to be equivalent counts neither way, unless a test noticed it after all."""
    same = list(same)
    noticed = [trial for trial in trials if trial.result in (KILLED, TIMEOUT)]
    others = [trial for trial in trials if trial.result not in (KILLED, TIMEOUT)]
    missed = [
        trial for trial in others if not any(one.fits(trial.point, _line(trial.point, root)) for one in same)
    ]
    tried = len(noticed) + len(missed)
    share = len(noticed) / tried if tried else 0.0
    low = wilson(len(noticed), tried, ALPHA).low
    return Row(name, len(trials), of, len(noticed), len(others) - len(missed), share, low, missed)


def missed(row: Row, root: Path) -> list[str]:
    """A line for each point that no test noticed."""
    return [
        f"{t.point.file}:{t.point.line} `{_line(t.point, root)}` → `{t.point.text}`"
        + ("" if t.tests else " (no test runs it)")
        for t in sorted(row.missed, key=lambda trial: trial.point)
    ]


def evidence(
    rows: Sequence[Row],
    trials: Sequence[Trial],
    seed: int,
    commit: str,
    date: str,
    root: Path,
    note: str = "",
) -> bytes:
    """All of it as JSON, a trial a line, so that git can show what has changed."""
    columns = [name for name in Row.__struct_fields__ if name != "missed"]
    head = {
        "commit": commit,
        "date": date,
        "seed": seed,
        "note": note,
        "controls": sum(trial.point.kind == CONTROL for trial in trials),
        "rows": [{name: getattr(row, name) for name in columns} for row in rows],
        "not noticed": {row.name: missed(row, root) for row in rows},
    }
    text = msgspec.json.format(msgspec.json.encode(head), indent=1).decode()[:-1].rstrip()
    lines = [
        msgspec.json.encode(
            [f"{t.point.file}:{t.point.line}:{t.point.column}", t.point.kind, t.point.text, t.result, t.by]
        ).decode()
        for t in sorted(trials, key=lambda trial: trial.point)
    ]
    joined = ",\n  ".join(lines)
    return f'{text},\n "trials": [\n  {joined}\n ]\n}}\n'.encode()


def _line(point: Point, root: Path) -> str:
    return (root / point.file).read_text(encoding="utf-8").splitlines()[point.line - 1].strip()
