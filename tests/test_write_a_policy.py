"""`docs/write-a-policy.md` alone, in a throw-away directory, against the wheel: the policy is judged."""

from __future__ import annotations

import re
import shlex
import subprocess
from pathlib import Path
from typing import Any

import pytest

from loadgen.scenarios.scenario import parse_scenario
from mock_exchange.gateway import causes
from mock_exchange.gateway.config import PHASE_KEYS
from tests.samples import sample

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "write-a-policy.md").read_text(encoding="utf-8")
SCENARIOS = (ROOT / "docs" / "scenarios.md").read_text(encoding="utf-8")


def run(line: str, folder: Path, environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        shlex.split(line, comments=True),
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


@pytest.mark.large
def test_from_an_empty_file_to_a_judged_policy(installed: dict[str, str], tmp_path: Path) -> None:
    for name, code in zip(
        re.findall(r"[Ss]ave this as `(\w+\.py)`", PAGE),
        re.findall(r"```python\n(.*?)```", PAGE, re.S),
        strict=True,
    ):
        (tmp_path / name).write_text(code)
    lines = [
        line for block in re.findall(r"```sh\n(.*?)```", PAGE, re.S) for line in block.strip().splitlines()
    ]
    assert len(lines) == 5
    (tmp_path / "exempt.js").write_text(re.findall(r"```js\n(.*?)```", PAGE, re.S)[0])
    for line in lines:
        result = run(line, tmp_path, installed)
        expected = re.search(r"# status (\d)", line)
        assert result.returncode == (int(expected[1]) if expected else 0), (
            line,
            result.stdout,
            result.stderr,
        )
        assert "Traceback" not in result.stderr
        if line.startswith("python"):
            printed = "['admitted', 'admitted', 'shed']"
            assert result.stdout == f"{printed}\n{printed}\n"
            assert printed in PAGE
        if "compare" in line:
            assert "half_open.py" in result.stdout
    where = run(
        "python -c 'import fireexit.mock_exchange as venue; print(venue.__file__)'", tmp_path, installed
    )
    assert where.stdout.startswith(installed["PYTHONPATH"]), "the checkout was used instead of the wheel"


def test_parameters_of_a_policy_file_come_from_the_scenario(
    installed: dict[str, str], tmp_path: Path
) -> None:
    (tmp_path / "half_open.py").write_text(re.findall(r"```python\n(.*?)```", PAGE, re.S)[0])
    mixed = (ROOT / "loadgen" / "scenarios" / "mixed.toml").read_text()
    table = re.findall(r"```toml\n(.*?)```", PAGE, re.S)[1].replace("0.6", "7")
    (tmp_path / "mine.toml").write_text(mixed.replace("[policies.reserved]", f"{table}\n[policies.reserved]"))
    result = run("fireexit check --mode sim --policy half_open.py --scenario mine.toml", tmp_path, installed)
    assert result.returncode == 2
    assert result.stderr.splitlines()[-1].endswith("refused its parameters: share must be from 0 to 1")


def test_a_policy_that_raises_is_named_in_one_line(installed: dict[str, str], tmp_path: Path) -> None:
    sample("divides.py", tmp_path, "bad.py")
    for line in ("check --mode sim --policy bad.py --duration 2", "compare --policies bad.py --duration 2"):
        result = run(f"fireexit {line}", tmp_path, installed)
        assert result.returncode == 2
        assert "ZeroDivisionError" in result.stderr.splitlines()[-1]
        assert "Traceback" not in result.stderr


def test_the_documented_scenario_loads_and_the_page_names_every_switch_and_cause() -> None:
    example, prices, named = re.findall(r"```toml\n(.*?)```", SCENARIOS, re.S)
    scenario = parse_scenario(example + prices + named, "of the page", settings={"users": "1000"})
    assert scenario.prices[0].symbol.name == "DOGEUSDT"
    crowd: Any = scenario.population.groups[-1]
    assert crowd.users == 800
    assert [phase.name for phase in scenario.phases] == ["slow", "healthy"]
    for name in (*PHASE_KEYS, *causes.CODES):
        assert f"`{name}`" in SCENARIOS, f"{name} is not documented"
