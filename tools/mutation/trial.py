"""Try points: each in a forked process that runs the tests which cover it, quickest and nearest first.

Run as a pytest plugin (see `__main__`), so that what is imported and collected once serves every trial. A
trial ends with the first test that fails. One that runs three times as long as its tests do, or that hangs,
counts as noticed.
"""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path

import _pytest.main
import msgspec
import pytest

from tools.mutation.coverage_map import CoverageMap
from tools.mutation.patch import LoadedFunctions
from tools.mutation.points import Point, in_a_function

KILLED, TIMEOUT, SURVIVED, UNCOVERED = "killed", "timeout", "survived", "not covered"
MOST_SECONDS = 20.0
"""So much processor time of tests, at most, for one point; a point that needs more counts as not noticed."""
MEMORY_BYTES = 6 << 30
NEAR = {
    "mock_exchange/engine": ("tests/engine", "tests/oracles", "tests/wire"),
    "mock_exchange/gateway": ("tests/gateway", "tests/oracles", "tests/wire"),
    "judging": ("tests/verdict", "tests/report", "tests/evidence", "tests/scoring"),
}
"""Where the tests of a house are: they are tried first."""


class Trial(msgspec.Struct):
    """What came of one point."""

    point: Point
    result: str
    tests: int
    """How many tests there were to notice it."""
    by: str
    """The test that failed, if one did."""
    seconds: float


class Campaign:
    """A pytest plugin that runs no test itself: it tries points instead, and appends each trial to a file."""

    def __init__(
        self,
        root: Path,
        points: list[Point],
        covered: CoverageMap,
        evidence: Path,
        most_seconds: float = MOST_SECONDS,
    ) -> None:
        self._root = root
        self._most_seconds = most_seconds
        self._points = points
        self._map = covered
        self._evidence = evidence

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        self._items = {item.nodeid: item for item in session.items}
        self._functions = LoadedFunctions(self._root)
        with self._evidence.open("ab") as file:
            for point in self._points:
                file.write(msgspec.json.encode(self._try(session, point)) + b"\n")
                file.flush()
        return True

    def _try(self, session: pytest.Session, point: Point) -> Trial:
        begun = time.monotonic()
        source = (self._root / point.file).read_bytes()
        # what runs while a file is imported has run already here: it takes a new process
        imported = point.statement in self._map.imported.get(point.file, ())
        at_import = imported or not in_a_function(source, point.statement)
        tests = self._tests(point, at_import)
        if not tests:
            return Trial(point, UNCOVERED, 0, "", 0.0)
        limit = 3 * sum(self._map.seconds[test] for test in tests) + 20
        names = [self._map.tests[test] for test in tests]
        with tempfile.TemporaryDirectory(prefix="mutant-") as folder:
            said = Path(folder) / "said"
            said.write_text("")
            pid = os.fork()
            if pid == 0:
                self._child(session, point, at_import, names, Path(folder), int(limit))
            status = _waited(pid, limit * 3)
            by = said.read_text()
        if status is None or (os.WIFSIGNALED(status) and not by):
            result = TIMEOUT
        else:
            result = SURVIVED if os.waitstatus_to_exitcode(status) == 0 else KILLED
        return Trial(point, result, len(names), by, round(time.monotonic() - begun, 2))

    def _tests(self, point: Point, at_import: bool) -> list[int]:
        tests = (
            self._map.tests_of_file(point.file)
            if at_import
            else self._map.tests_of(point.file, point.statement)
        )
        near = next((folders for house, folders in NEAR.items() if point.file.startswith(house)), ())
        seconds = self._map.seconds
        if at_import and not tests:  # nothing but constants: whoever is near may know them
            tests = [number for number, test in enumerate(self._map.tests) if test.startswith(near)]
        tests = [test for test in tests if self._map.tests[test] in self._items]
        tests.sort(
            key=lambda test: (seconds[test] + (0 if self._map.tests[test].startswith(near) else 1), test)
        )
        chosen: list[int] = []
        total = 0.0
        for test in tests:
            total += seconds[test]
            if total > self._most_seconds and chosen:
                break
            chosen.append(test)
        return chosen

    def _child(
        self,
        session: pytest.Session,
        point: Point,
        at_import: bool,
        names: list[str],
        folder: Path,
        limit: int,
    ) -> None:
        """Never returns. What it prints goes nowhere."""
        os.setsid()
        quiet = os.open(os.devnull, os.O_RDWR)
        for stream in (0, 1, 2):
            os.dup2(quiet, stream)
        resource.setrlimit(resource.RLIMIT_CPU, (limit, limit + 5))
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
        code = 1
        try:
            if at_import or not self._functions.change(point):
                code = _in_a_new_process(self._root, point, names, folder)
            else:
                session.config._tmp_path_factory._basetemp = folder  # type: ignore[attr-defined]
                session.config.pluginmanager.register(_Names(folder / "said"))
                session.items = [self._items[name] for name in names]
                session.config.option.maxfail = 1
                _pytest.main.pytest_runtestloop(session)
                code = 1 if session.testsfailed else 0
        except BaseException:  # a test that stops the session has noticed something
            code = 1
        os._exit(code)


class _Names:
    """Writes down which test failed."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.failed:
            self._path.write_text(report.nodeid)


def _in_a_new_process(root: Path, point: Point, names: list[str], folder: Path) -> int:
    command = [
        sys.executable,
        "-m",
        "tools.mutation.mutant",
        "-x",
        "-q",
        "-p",
        "no:cacheprovider",
        "-p",
        "no:xdist",
    ]
    command += ["--basetemp", str(folder / "tests"), *names]
    env = {**os.environ, "PYTHONPATH": str(root), "MUTANT": msgspec.json.encode(point).decode()}
    done = subprocess.run(command, cwd=root, env=env, capture_output=True, text=True, check=False)
    failed = [line.split()[1] for line in done.stdout.splitlines() if line.startswith(("FAILED", "ERROR"))]
    (folder / "said").write_text(failed[0] if failed else "")
    return done.returncode


def _waited(pid: int, seconds: float) -> int | None:
    """The status it ended with; None if it had to be killed."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        done, status = os.waitpid(pid, os.WNOHANG)
        if done:
            _kill_group(pid)
            return status
        time.sleep(0.005)
    _kill_group(pid)
    os.waitpid(pid, 0)
    return None


def _kill_group(pid: int) -> None:
    """What its tests started ends with it."""
    with suppress(ProcessLookupError):
        os.killpg(pid, signal.SIGKILL)
