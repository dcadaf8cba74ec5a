"""What the tests cost, held to `ci-budget.toml`: a pytest plugin, always on (tests/conftest.py registers it).

A *suite* is a folder of tests, in one of three kinds: `quick` and `realtime` (both in `make test`) and
`large` (only in `make test-all`). A suite that takes more than 1.5 times the processor time recorded for it
fails the run. Machines differ and are shared, so time is counted by a yardstick: a short loop of plain
Python, timed after every test.

A test that is skipped or says *inconclusive* proves nothing. They are counted over all runs of one `make
test-all`, which ends with `python -m tests.house.budget`: more than one of them fails it.
"""

from __future__ import annotations

import json
import math
import os
import resource
import sys
import time
import tomllib
from collections import defaultdict
from collections.abc import Generator, Iterable, Sequence
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
SWITCH, RECORDING = "FIREEXIT_BUDGET", "record"
"""`off`: nothing is counted; `record`: counted for a new record, and held to none."""
BUDGET = ROOT / "ci-budget.toml"
TALLY = "FIREEXIT_TALLY"
"""The environment variable that names the file in which the runs of one `make test-all` add up."""
TOLERANCE = 1.5
SLACK_S = 10.0
"""A suite may exceed its record by so much whatever its size: small ones are noisy."""
MOST_WITHOUT_ANSWER = 1
MINUTES = {"test": 6.0, "test-all": 55.0}
COST = "cost"
KINDS = {"large": "large", "watching": "large", "realtime": "realtime"}
"""Marks, and the kind of suite they make: what needs a browser or Prometheus is in `test-all` only."""


def yardstick_s() -> float:
    """Processor time of some 2 ms of plain Python."""
    begun = time.process_time()
    seen: dict[int, int] = {}
    for value in range(12_000):
        seen[value % 1_000] = value * 3 - seen.get(value % 777, 0)
    return time.process_time() - begun


def spent_s() -> float:
    """Processor time of this process and of all that it started and that has ended, s."""
    own, children = resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN)
    return own.ru_utime + own.ru_stime + children.ru_utime + children.ru_stime


def suite_of(item: pytest.Item) -> str:
    """`engine/quick` for a quick test in tests/engine; files that lie loose in tests/ are one suite,
    `pages`."""
    parts = item.nodeid.partition("::")[0].split("/")
    folder = parts[1] if len(parts) > 2 else "pages"
    kinds = [kind for mark, kind in KINDS.items() if item.get_closest_marker(mark)]
    return f"{folder}/{kinds[0] if kinds else 'quick'}"


class Meter:
    """In the process that runs a test: what it cost goes with its last report."""

    def __init__(self) -> None:
        self._spent = spent_s()

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        report = yield
        if report.when == "teardown":
            spent = spent_s()
            cost = (suite_of(item), spent - self._spent, yardstick_s(), time.time())
            report.user_properties.append((COST, json.dumps(cost)))
            self._spent = spent_s()
        return report


class Bookkeeper:
    """In the process that hears all reports: adds up by suite, says what was exceeded, keeps the tally."""

    def __init__(self) -> None:
        self._cost: dict[str, float] = defaultdict(float)
        self._yards: list[float] = []
        self._silent: list[str] = []
        self._begun = time.time()

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.skipped:
            self._silent.append(report.nodeid)
        for name, value in report.user_properties:
            if name == COST:
                suite, spent, yard, _ = json.loads(str(value))
                self._cost[suite] += spent
                self._yards.append(yard)

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        if path := os.environ.get(TALLY):
            with Path(path).open("a", encoding="utf-8") as file:
                file.write(json.dumps(self._line()) + "\n")
        if self._exceeded() and session.exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        for line in self._exceeded():
            terminalreporter.write_line(line, red=True)

    def _exceeded(self) -> list[str]:
        if os.environ.get(SWITCH) == RECORDING:
            return []
        return exceeded(_recorded(), self.costs())

    def costs(self) -> dict[str, float]:
        """Processor time of each suite, as the machine of the record would have taken, s."""
        if not self._yards:
            return {}
        speed = _recorded_yardstick() / (sum(self._yards) / len(self._yards))
        return {suite: spent * speed for suite, spent in self._cost.items()}

    def _line(self) -> dict[str, Any]:
        return {"minutes": (time.time() - self._begun) / 60, "costs": self.costs(), "silent": self._silent}


def exceeded(recorded: dict[str, float], costs: dict[str, float]) -> list[str]:
    """One line for each suite that takes too long; a suite without a record is one that was forgotten."""
    lines = []
    for suite, spent in sorted(costs.items()):
        record = recorded.get(suite)
        if record is None:
            lines.append(f"{suite} has no line in {BUDGET.name}; it takes {spent:.0f} s of processor time")
        elif spent > max(TOLERANCE * record, record + SLACK_S):
            lines.append(f"{suite} takes {spent:.0f} s of processor time; {BUDGET.name} has {record:.0f} s")
    return lines


def _document() -> dict[str, Any]:
    return tomllib.loads(BUDGET.read_text(encoding="utf-8"))


def _recorded() -> dict[str, float]:
    """Suites that nobody has recorded yet are held to nothing."""
    return {name: float(suite.get("seconds", math.inf)) for name, suite in _document()["suites"].items()}


def _recorded_yardstick() -> float:
    return float(_document()["yardstick_ms"]) / 1000


def minutes_of(document: dict[str, Any], target: str) -> float:
    """How long a make target may take: the minutes of all its suites, and what goes before them."""
    kinds = ("quick", "realtime") if target == "test" else ("quick", "realtime", "large")
    suites = document["suites"].items()
    minutes = [float(row["minutes"]) for name, row in suites if name.split("/")[1] in kinds]
    return sum([float(document["before"]), *minutes])


def added(runs: Iterable[dict[str, Any]]) -> dict[str, float]:
    """What each suite took in all runs together, s of processor time."""
    costs: dict[str, float] = defaultdict(float)
    for run in runs:
        for suite, spent in run["costs"].items():
            costs[suite] += spent
    return dict(sorted(costs.items(), key=lambda pair: -pair[1]))


def report(runs: Sequence[dict[str, Any]]) -> int:
    """Show what all runs of one `make test-all` took; 1 if they left more unanswered than they may."""
    for suite, spent in added(runs).items():
        print(f"{suite:<22}{spent:8.1f} s of processor time")
    print(f"{'together':<22}{sum(run['minutes'] for run in runs):8.1f} minutes")
    silent = [name for run in runs for name in run["silent"]]
    for name in silent:
        print(f"skipped or inconclusive: {name}")
    return int(len(silent) > MOST_WITHOUT_ANSWER)


def record(runs: Sequence[dict[str, Any]], path: Path = BUDGET) -> None:
    """Keep what these runs took as what their suites take; minutes are a person's to give."""
    costs = added(runs)
    blocks = path.read_text(encoding="utf-8").split("\n\n")
    path.write_text("\n\n".join(_recorded_block(block.rstrip("\n"), costs) for block in blocks) + "\n")


def _recorded_block(block: str, costs: dict[str, float]) -> str:
    """One suite's table, with the seconds that it took, if it ran."""
    lines = block.split("\n")
    suite = lines[0].removeprefix("[suites.").strip('"[]')
    if suite not in costs:
        return block
    kept = [line for line in lines if not line.startswith("seconds =")]
    return "\n".join([*kept, f"seconds = {max(1.0, costs[suite]):.0f}"])


if __name__ == "__main__":
    told = Path(os.environ[TALLY]).read_text(encoding="utf-8").splitlines()
    tally = [json.loads(line) for line in told]
    if "record" in sys.argv:
        record(tally)
    else:
        sys.exit(report(tally))
