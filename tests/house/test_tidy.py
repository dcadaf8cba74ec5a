"""Taste, held by a program: what may be imported, lock hygiene, sizes, no words of this machine."""

from __future__ import annotations

import ast
import re
import subprocess
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = (
    "run_records",
    "mock_exchange",
    "judging",
    "loadgen",
    "fireexit",
    "studies",
    "tools",
    "benchmarks",
    "grafana",
)
MAX_FUNCTION_LINES = 60
MAX_FILE_LINES = 350
MAX_UNFORMATTED = 50

OURS = ("run_records", "mock_exchange", "judging", "loadgen", "fireexit")
FORBIDDEN = {
    "run_records": {"asyncio", "aiohttp", "locust", "gevent"},
    "judging": {"asyncio", "aiohttp", "locust", "gevent", "socket"},
    "mock_exchange": {"locust", "gevent", "tests", "benchmarks"},
    "mock_exchange/engine": {"mock_exchange.gateway", "mock_exchange.wire", "asyncio", "aiohttp", "time"},
    "mock_exchange/gateway": {"mock_exchange.wire", "asyncio", "aiohttp", "time"},
    "loadgen": {"tests", "benchmarks", "studies"},
    "loadgen/traders": {"time", "socket", "asyncio"},
    "fireexit": {"locust", "gevent", "tests", "benchmarks", "studies"},
}
"""What no file of a folder imports; arrows between our own houses are in test_arrows.py."""
MAY = {
    "fireexit/locustfile.py": {"locust", "gevent"},  # it is Locust that imports it
    "mock_exchange/gateway/policies/apart/patience.py": {"time"},  # it waits for somebody else's process
}


def tracked() -> list[Path]:
    listing = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return [ROOT / line for line in listing.stdout.splitlines() if (ROOT / line).is_file()]


def sources(folder: str) -> list[Path]:
    return sorted((ROOT / folder).rglob("*.py"))


def imported(path: Path) -> set[str]:
    """Every module a file imports, with all prefixes."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module)
            names.update(f"{node.module}.{alias.name}" for alias in node.names)
    return {".".join(name.split(".")[: i + 1]) for name in names for i in range(name.count(".") + 1)}


@pytest.mark.parametrize("folder", FORBIDDEN)
def test_imports_that_do_not_belong(folder: str) -> None:
    for path in sources(folder):
        may = MAY.get(path.relative_to(ROOT).as_posix(), set())
        wrong = imported(path) & FORBIDDEN[folder] - may
        assert not wrong, f"{path.relative_to(ROOT)} imports {', '.join(sorted(wrong))}"


def test_tests_reach_in_by_seams_not_by_patches() -> None:
    """A name patched inside a module is a name that no compiled build looks up: what a test replaces is a
    parameter."""
    for path in sources("tests"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Attribute) and node.attr in ("setattr", "setitem"):
                owner = node.value.id if isinstance(node.value, ast.Name) else ""
                assert owner != "monkeypatch", f"{path.relative_to(ROOT)}:{node.lineno}"
        assert "unittest.mock" not in imported(path), path.relative_to(ROOT)


def test_functions_and_files_are_small() -> None:
    for folder in PACKAGES:
        for path in sources(folder):
            text = path.read_text(encoding="utf-8")
            assert text.count("\n") <= MAX_FILE_LINES, path.relative_to(ROOT)
            for node in ast.walk(ast.parse(text)):
                if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                    length = (node.end_lineno or node.lineno) - node.lineno + 1
                    assert length <= MAX_FUNCTION_LINES, f"{path.relative_to(ROOT)}: {node.name}"


def test_modules_and_public_classes_say_what_they_are() -> None:
    for folder in OURS:
        for path in sources(folder):
            tree = ast.parse(path.read_text(encoding="utf-8"))
            if path.name not in ("__main__.py",) and tree.body:
                assert ast.get_docstring(tree), f"{path.relative_to(ROOT)} has no docstring"
            for node in tree.body:
                if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                    said = ast.get_docstring(node) or is_small(node)
                    assert said, f"{path.relative_to(ROOT)}:{node.lineno}: {node.name} has no docstring"


def is_small(node: ast.ClassDef) -> bool:
    """A refusal of one line, or what fills in a base class whose own docstring says what it is."""
    return bool(node.bases) and (len(node.body) <= 2 or "name" in {_target(row) for row in node.body})


def _target(row: ast.stmt) -> str:
    return row.targets[0].id if isinstance(row, ast.Assign) and isinstance(row.targets[0], ast.Name) else ""


def test_the_formatter_is_switched_off_for_tables_alone() -> None:
    mark = "# fmt: " + "skip"
    texts = [path.read_text(encoding="utf-8") for path in tracked() if path.suffix == ".py"]
    assert sum(text.count(mark) for text in texts) < MAX_UNFORMATTED


@pytest.mark.parametrize("lock", [*ROOT.glob("*.lock"), *sorted((ROOT / "tests").rglob("*.lock"))])
def test_locks_are_hashed_and_name_neither_host_nor_path(lock: Path) -> None:
    text = lock.read_text(encoding="utf-8")
    assert "/" not in text
    assert "--index" not in text
    entries = re.split(r"\n(?=\S)", text.strip())
    assert len(entries) >= 5
    for entry in entries:
        assert re.match(r"[a-z0-9._-]+==\S+", entry), entry
        assert "--hash=sha256:" in entry, entry


def test_every_dependency_is_locked() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    groups = project["dependency-groups"]
    named = [entry for entry in groups["dev"] if isinstance(entry, str)]
    wanted = [*project["project"]["dependencies"], *groups["build"], *named]
    locked = set(re.findall(r"^([a-z0-9._-]+)==", (ROOT / "requirements.lock").read_text(), re.M))
    for requirement in wanted:
        name = re.match(r"[A-Za-z0-9._-]+", requirement)
        assert name
        assert name[0].lower() in locked, requirement
        assert ">=" in requirement, f"{requirement} has no lower bound"


def test_nothing_names_this_machine() -> None:
    """Assembled from parts, so that this file does not contain what it forbids."""
    words = [
        "/" + "work/",
        "/" + "root/",
        "." + "library",
        "farm" + "-bench",
        "shared" + "/",
        "design" + ".md",
    ]
    for path in tracked():
        if path.suffix in {".png", ".svg", ".lock", ".sums"}:
            continue
        text = path.read_text(encoding="utf-8")
        for word in words:
            assert word not in text, f"{path.relative_to(ROOT)} contains {word!r}"


def test_no_reminders_are_left() -> None:
    for folder in (*PACKAGES, "tests"):
        for path in sources(folder):
            assert not re.search(
                r"\b(TO" + r"DO|FIX" + r"ME|XX" + r"X)\b", path.read_text(encoding="utf-8")
            ), path
