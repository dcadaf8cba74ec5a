"""Which test runs which line, and how long each test takes: measured once, for all trials."""

from __future__ import annotations

import ast
import time
from collections import defaultdict
from collections.abc import Generator, Iterable
from pathlib import Path

import coverage
import msgspec
import pytest

HOUSES = ("run_records", "mock_exchange", "judging", "loadgen", "fireexit")


class CoverageMap(msgspec.Struct):
    """`lines[file][line]`: the tests that run it, by their place in `tests`; a line run while a file was
    imported is in `imported[file]`."""

    tests: list[str]
    seconds: list[float]
    """How long each test took with the fixtures that it was the first to ask for, and with the measuring."""
    lines: dict[str, dict[int, list[int]]]
    imported: dict[str, list[int]]

    def tests_of(self, file: str, line: int) -> list[int]:
        return self.lines.get(file, {}).get(line, [])

    def tests_of_file(self, file: str) -> list[int]:
        return sorted({test for tests in self.lines.get(file, {}).values() for test in tests})


class Recorder:
    """A pytest plugin: one coverage context for each test."""

    def __init__(self, root: Path, data: Path) -> None:
        self._root = root
        self._coverage = coverage.Coverage(
            data_file=str(data), include=[f"{root / house}/*" for house in HOUSES], config_file=False
        )
        self.seconds: dict[str, float] = {}
        self._coverage.start()

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Generator[None, object, object]:
        self._coverage.switch_context(item.nodeid)
        begun = time.perf_counter()
        try:
            return (yield)
        finally:
            self.seconds[item.nodeid] = round(time.perf_counter() - begun, 4)
            self._coverage.switch_context("")

    def finish(self) -> CoverageMap:
        self._coverage.stop()
        data = self._coverage.get_data()
        tests = list(self.seconds)
        place = {name: index for index, name in enumerate(tests)}
        lines: dict[str, dict[int, list[int]]] = {}
        imported: dict[str, list[int]] = {}
        for path in data.measured_files():
            file = Path(path).relative_to(self._root).as_posix()
            by_line = data.contexts_by_lineno(path)
            begins = statements((self._root / file).read_text(encoding="utf-8"))
            lines[file], at_import = {}, set()
            for line, names in by_line.items():
                statement = begins.get(line, line)
                known = lines[file].get(statement, [])
                lines[file][statement] = sorted({*known, *(place[name] for name in names if name)})
                if "" in names:
                    at_import.add(statement)
            imported[file] = sorted(at_import)
        return CoverageMap(tests, [self.seconds[name] for name in tests], lines, imported)


def statements(source: str) -> dict[int, int]:
    """For each line, the first line of the statement it is part of. Python counts the first line that has
    something to do, which is another one where a condition goes over several lines."""
    begins: dict[int, int] = {}
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.stmt):
            body = getattr(node, "body", None)
            last = body[0].lineno - 1 if body else node.end_lineno or node.lineno
            begins.update(dict.fromkeys(range(node.lineno, last + 1), node.lineno))
    return begins


def joined(maps: Iterable[CoverageMap]) -> CoverageMap:
    """One map of what several processes measured, each with other tests."""
    whole = CoverageMap([], [], {}, {})
    for part in maps:
        first = len(whole.tests)
        whole.tests += part.tests
        whole.seconds += part.seconds
        for file, lines in part.lines.items():
            into = whole.lines.setdefault(file, defaultdict(list))
            for line, tests in lines.items():
                into.setdefault(line, []).extend(first + test for test in tests)
        for file, at_import in part.imported.items():
            whole.imported[file] = sorted({*whole.imported.get(file, ()), *at_import})
    return whole
