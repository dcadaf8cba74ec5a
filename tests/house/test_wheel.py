"""What a wheel installs: one name, with everything inside it; every command works where there is no
checkout."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.cli.support import taken_away
from tests.house.arrows import HOUSES, ROOT

BARE = [house for house in HOUSES if house != "fireexit"]


@pytest.fixture(scope="module")
def site(installed: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The wheel's environment, in which the houses cannot be imported by their bare names, by child processes
    neither."""
    away = taken_away(tmp_path_factory.mktemp("away"), BARE)
    return {**installed, "PYTHONPATH": f"{installed['PYTHONPATH']}:{away}"}


def run(site: Any, cwd: Path, *arguments: str, status: tuple[int, ...] = (0,)) -> str:
    result = subprocess.run(
        ["fireexit", *arguments], cwd=cwd, env=site, capture_output=True, text=True, timeout=120, check=False
    )
    assert result.returncode in status, result.stdout + result.stderr
    assert "Traceback" not in result.stderr, result.stderr
    return result.stdout


def test_it_installs_one_name(installed: dict[str, str]) -> None:
    site = Path(installed["PYTHONPATH"])
    names = {path.name for path in site.iterdir() if path.suffix != ".dist-info"}
    assert names == {"fireexit"}
    folders = {path.name for path in (site / "fireexit").iterdir() if path.is_dir()}
    assert folders - {"__pycache__"} == {*BARE, "commands", "grafana"}


def test_every_source_is_there_line_by_line(installed: dict[str, str]) -> None:
    """So that a traceback of an installed fireexit fits the repository."""
    site = Path(installed["PYTHONPATH"])
    for house in HOUSES:
        for path in (ROOT / house).rglob("*"):
            if not path.is_file() or "__pycache__" in path.parts:
                continue
            inside = Path("fireexit") / path.relative_to(ROOT / (house if house == "fireexit" else ""))
            here, there = path.read_bytes(), (site / inside).read_bytes()
            assert here.count(b"\n") == there.count(b"\n"), inside
            if path.suffix != ".py":
                assert here == there, inside


@pytest.mark.large
def test_it_runs_judges_and_reads(site: Any, tmp_path: Path) -> None:
    short = ("--mode", "sim", "--duration", "2", "--replications", "2")
    made = run(site, tmp_path, "check", *short, "--out", "a", status=(0, 3))
    assert "records: a" in made
    run(site, tmp_path, "check", "--duration", "3", "--out", "b", status=(0, 3))
    assert "the same when derived again" in run(site, tmp_path, "verify", "a")
    run(site, tmp_path, "report", "a", "--out", "page.html")
    run(site, tmp_path, "export", "a", "attempts.parquet")
    run(site, tmp_path, "diff", "a", "a")
    run(site, tmp_path, "funnel", "a")
    run(
        site,
        tmp_path,
        "compare",
        "--policies",
        "exempt,fair",
        "--scenarios",
        "mixed",
        "--replications",
        "2",
        "--duration",
        "1",
        status=(0, 1, 3),
    )
    run(site, tmp_path, "dashboards", "--out", "watch")
    assert len(list((tmp_path / "watch").rglob("*.json"))) == 4
    assert run(site, tmp_path, "--version").startswith("fireexit ")


def test_the_exchange_alone_has_a_name_too(site: Any, tmp_path: Path) -> None:
    shown = subprocess.run(
        [sys.executable, "-m", "fireexit.mock_exchange", "--help"],
        cwd=tmp_path,
        env=site,
        capture_output=True,
        text=True,
        check=True,
    )
    assert "--port" in shown.stdout


def test_lists_and_schemas_are_there(site: Any, tmp_path: Path) -> None:
    for name in ("scenarios", "policies", "contracts"):
        assert run(site, tmp_path, name)
    assert '"$schema"' in run(site, tmp_path, "schema", "verdict")


def test_it_is_used_from_python(site: Any, tmp_path: Path) -> None:
    code = (
        "from fireexit import Exchange, TryOut\n"
        "from fireexit.mock_exchange.gateway.policies import load_policy\n"
        "print(TryOut(load_policy('exempt'), slots=1).opening())\n"
        "with Exchange() as venue: print(venue.url)\n"
    )
    shown = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, env=site, capture_output=True, text=True, check=True
    )
    assert "127.0.0.1" in shown.stdout


def test_an_import_that_cannot_be_rewritten_stops_the_build(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(ROOT))
    from hatch_build import installed as rewritten

    assert rewritten("from judging.run import x\n", "a.py") == "from fireexit.judging.run import x\n"
    assert rewritten("from judging_other import x\n", "a.py") == "from judging_other import x\n"
    with pytest.raises(ValueError, match=r"a\.py: 'import judging' binds a bare name"):
        rewritten("import judging.run\n", "a.py")
