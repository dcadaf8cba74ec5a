"""Taste, held by a program: arrows between packages, lock hygiene, sizes, no words of this machine."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGES = ("fireexit", "mock_exchange", "loadgen", "benchmarks")
MAX_FUNCTION_LINES = 60
MAX_FILE_LINES = 350

FORBIDDEN = {
    "mock_exchange": {"loadgen", "fireexit", "locust", "gevent", "tests", "benchmarks"},
    "mock_exchange/engine": {"mock_exchange.gateway", "mock_exchange.wire", "asyncio", "aiohttp", "time"},
    "mock_exchange/gateway": {"mock_exchange.wire", "asyncio", "aiohttp", "time"},
    "loadgen": {"fireexit", "tests", "benchmarks"},
    "loadgen/traders": {"loadgen.drive", "loadgen.verdict", "loadgen.report", "time", "socket", "asyncio"},
    "loadgen/verdict": {"loadgen.drive", "loadgen.report", "locust", "gevent"},
    "fireexit": {"locust", "gevent", "tests", "benchmarks"},
}


def tracked() -> list[Path]:
    listing = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT, capture_output=True, text=True, check=True,
    )  # fmt: skip
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
def test_imports_point_one_way(folder):
    for path in sources(folder):
        wrong = imported(path) & FORBIDDEN[folder]
        assert not wrong, f"{path.relative_to(ROOT)} imports {', '.join(sorted(wrong))}"


def test_functions_and_files_are_small():
    for folder in PACKAGES:
        for path in sources(folder):
            text = path.read_text(encoding="utf-8")
            assert text.count("\n") <= MAX_FILE_LINES, path.relative_to(ROOT)
            for node in ast.walk(ast.parse(text)):
                if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                    length = (node.end_lineno or node.lineno) - node.lineno + 1
                    assert length <= MAX_FUNCTION_LINES, f"{path.relative_to(ROOT)}: {node.name}"


def test_public_modules_and_classes_say_what_they_are():
    for folder in ("fireexit", "mock_exchange", "loadgen"):
        for path in sources(folder):
            tree = ast.parse(path.read_text(encoding="utf-8"))
            if path.name not in ("__main__.py",) and tree.body:
                assert ast.get_docstring(tree), f"{path.relative_to(ROOT)} has no docstring"


@pytest.mark.parametrize("lock", [*ROOT.glob("*.lock"), *sorted((ROOT / "tests").rglob("*.lock"))])
def test_locks_are_hashed_and_name_neither_host_nor_path(lock):
    text = lock.read_text(encoding="utf-8")
    assert "/" not in text
    assert "--index" not in text
    entries = re.split(r"\n(?=\S)", text.strip())
    assert len(entries) >= 5
    for entry in entries:
        assert re.match(r"[a-z0-9._-]+==\S+", entry), entry
        assert "--hash=sha256:" in entry, entry


def test_every_dependency_is_locked():
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


def test_nothing_names_this_machine():
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
        if path.suffix in {".png", ".svg", ".lock"}:
            continue
        text = path.read_text(encoding="utf-8")
        for word in words:
            assert word not in text, f"{path.relative_to(ROOT)} contains {word!r}"


def test_no_reminders_are_left():
    for folder in (*PACKAGES, "tests", "docs"):
        for path in sources(folder):
            assert not re.search(
                r"\b(TO" + r"DO|FIX" + r"ME|XX" + r"X)\b", path.read_text(encoding="utf-8")
            ), path


def test_wheel_works_outside_the_checkout(tmp_path):
    """Built by Hatch, unpacked elsewhere: imports, data files and the version are all there."""
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True)
    (wheel,) = tmp_path.glob("fireexit-*.whl")
    target = tmp_path / "site"
    subprocess.run([sys.executable, "-m", "zipfile", "-e", str(wheel), str(target)], check=True)
    code = (
        "import sys; sys.path.insert(0, sys.argv[1]); import fireexit, mock_exchange, loadgen; "
        "assert all(m.__file__.startswith(sys.argv[1]) for m in (fireexit, mock_exchange, loadgen)); "
        "from loadgen.scenarios import load_scenario; from loadgen.contracts import load_contract; "
        "from mock_exchange.errors import error_table; "
        "load_scenario('mixed'); load_contract('strict'); assert len(error_table()) > 200; "
        "import pathlib; assert (pathlib.Path(sys.argv[1]) / 'fireexit' / 'py.typed').exists()"
    )
    subprocess.run([sys.executable, "-c", code, str(target)], cwd=tmp_path, check=True)
    shown = subprocess.run(
        [sys.executable, "-m", "fireexit", "--version"],
        cwd=tmp_path, env={"PYTHONPATH": str(target)}, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert shown.stdout.startswith("fireexit ")
    subprocess.run(
        [sys.executable, "-m", "fireexit", "dashboards", "--out", "watch"],
        cwd=tmp_path, env={"PYTHONPATH": str(target)}, check=True, capture_output=True,
    )  # fmt: skip
    shipped = {path.relative_to(tmp_path / "watch") for path in (tmp_path / "watch").rglob("*.json")}
    assert len(shipped) == 4
