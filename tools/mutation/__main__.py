"""`python -m tools.mutation map`, then `try`, then `table`; `make mutation` does all three.

`try` goes on where it was stopped: a point that the evidence has already is not tried again.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest
import typer

from fireexit.core import demand_plain
from tools.mutation.coverage_map import CoverageMap, Recorder, joined
from tools.mutation.inline import work_in_this_process
from tools.mutation.points import CONTROL, Point
from tools.mutation.sample import controls, critical, drawn
from tools.mutation.table import equivalents, evidence, row_of
from tools.mutation.trial import KILLED, MOST_SECONDS, SURVIVED, TIMEOUT, Campaign, Trial

ROOT = Path(__file__).parents[2]
WORK = ROOT / "runs" / "soak" / "mutation"
PROOF = ROOT / "docs" / "proof"
COUNTED = "not realtime and not large and not watching and not clients and not digests"
"""Digests do not count: any change at all changes them."""
QUIET = ["-q", "-p", "no:cacheprovider", "-p", "no:xdist"]
NOT_COUNTED = ("tests/house/", "tests/tools/", "tests/test_docs.py")
"""What looks at the text of the sources or of the pages, and whatever tries this."""
ARGUMENTS = [*QUIET, "-m", COUNTED, *(f"--ignore={place}" for place in NOT_COUNTED)]
PROCESSES = 2
app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
demand_plain("mutants are made of plain Python")


@app.command("map")
def map_command() -> None:
    """Run the tests once and note which lines each one runs."""
    WORK.mkdir(parents=True, exist_ok=True)
    _side_by_side("map-share")
    parts = [_decoded(path) for path in sorted(WORK.glob("map-*.json"))]
    (WORK / "map.json").write_bytes(msgspec.json.encode(joined(parts)))


@app.command("try")
def try_command(
    seed: int, size: int = 300, kind: str = "sample", only: str = "", seconds: float = MOST_SECONDS
) -> None:
    """Try the points that a seed draws (`sample`), all of the critical functions (`critical`), or what
    changes nothing (`control`); `only` those of one house. With more `seconds` than usual, what was missed
    is tried again."""
    WORK.mkdir(parents=True, exist_ok=True)
    _side_by_side("try-share", str(seed), str(size), kind, str(seconds), *(["--only", only] if only else []))


@app.command("map-share", hidden=True)
def map_share(share: int) -> None:
    work_in_this_process()
    recorder = Recorder(ROOT, WORK / f"coverage-{share}")
    status = pytest.main([*ARGUMENTS, *_files(share)], plugins=[recorder])
    (WORK / f"map-{share}.json").write_bytes(msgspec.json.encode(recorder.finish()))
    sys.exit(int(status))


@app.command("try-share", hidden=True)
def try_share(share: int, seed: int, size: int, kind: str, seconds: float, only: str = "") -> None:
    groups = {name: points for name, points in _groups(kind, seed, size).items() if only in ("", name)}
    wanted = list(dict.fromkeys(point for points in groups.values() for point in points))
    tried = {
        point
        for point, trial in points_tried(sorted(WORK.glob("trials-*.jsonl"))).items()
        if seconds <= MOST_SECONDS or trial.result in (KILLED, TIMEOUT)
    }
    left = [point for index, point in enumerate(wanted) if index % PROCESSES == share and point not in tried]
    work_in_this_process()
    campaign = Campaign(ROOT, left, _decoded(WORK / "map.json"), WORK / f"trials-{share}.jsonl", seconds)
    sys.exit(int(pytest.main([*ARGUMENTS, "tests"], plugins=[campaign])))


@app.command("table")
def table_command(seed: int, size: int = 300, commit: str = "HEAD", note: str = "") -> None:
    """Write docs/proof/mutation.json from what has been tried; `tools.pages.proof` makes the page of it.
    `commit` is that of the trials, if more has been committed since; `note` is what else a reader is to
    know."""
    tried = points_tried(sorted(WORK.glob("trials-*.jsonl")))
    same = equivalents(Path(__file__).with_name("equivalent.toml"))
    groups = {**drawn(ROOT, seed, size), **critical(ROOT)}
    rows = []
    for name, points in groups.items():
        done = [tried[point] for point in points if point in tried]
        rows.append(row_of(name, done, len(points), same, ROOT))
    noticed = [trial for trial in tried.values() if trial.point.kind == CONTROL and trial.result != SURVIVED]
    if noticed:
        sys.exit(f"a test fails where nothing was changed: {noticed[0].by}")
    git = subprocess.run(["git", "rev-parse", commit], cwd=ROOT, capture_output=True, text=True, check=True)
    today = datetime.now(UTC).date().isoformat()
    PROOF.mkdir(exist_ok=True)
    written = evidence(rows, list(tried.values()), seed, git.stdout.strip(), today, ROOT, note)
    (PROOF / "mutation.json").write_bytes(written)


def _groups(kind: str, seed: int, size: int) -> dict[str, list[Point]]:
    if kind == "control":
        return controls(ROOT, seed, size)
    return drawn(ROOT, seed, size) if kind == "sample" else critical(ROOT)


def trials(path: Path) -> list[Trial]:
    """What a file of evidence holds; a line cut short by a kill is left out."""
    whole = path.read_bytes().rpartition(b"\n")[0]
    return [msgspec.json.decode(line, type=Trial) for line in whole.split(b"\n") if line]


def points_tried(paths: Sequence[Path]) -> dict[Point, Trial]:
    """The newest trial of each point."""
    return {trial.point: trial for path in paths for trial in trials(path)}


def _files(share: int) -> list[str]:
    files = sorted(str(path.relative_to(ROOT)) for path in (ROOT / "tests").rglob("test_*.py"))
    counted = [name for name in files if not name.startswith(NOT_COUNTED)]
    return counted[share::PROCESSES]


def _decoded(path: Path) -> CoverageMap:
    return msgspec.json.decode(path.read_bytes(), type=CoverageMap)


def _side_by_side(command: str, *arguments: str) -> None:
    """The same command for each share, at once."""
    run = [sys.executable, "-m", "tools.mutation", command]
    # what tests may cost is no question here: noting lines takes its time, and a mutant is not to be noticed
    # by it
    env = {**os.environ, "FIREEXIT_BUDGET": "off"}
    processes = [subprocess.Popen([*run, str(n), *arguments], cwd=ROOT, env=env) for n in range(PROCESSES)]
    statuses = [process.wait() for process in processes]
    if any(statuses):
        sys.exit("a share of the work failed; what it said stands above")


if __name__ == "__main__":
    app()
