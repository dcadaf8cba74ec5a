"""A wheel with a compiled core, as a user has it, beside the checkout in plain Python; and whether the tests
notice a mistake in what is compiled.

`make test-all` runs the tests of the core once more on a compiled copy of the checkout.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from fireexit.core import COMPILED, PLAIN
from tests.core import structs
from tests.house.arrows import ROOT
from tools.compiling import LIBRARY, copy_to

pytestmark = pytest.mark.large
PROGRAM = [sys.executable, "-m", "fireexit"]
RUN = ("check", "--mode", "sim", "--duration", "4", "--replications", "2", "--seed", "7", "--out")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """An environment that finds the compiled wheel and not the checkout."""
    folder = tmp_path_factory.mktemp("compiled")
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    compiling = {**os.environ, "FIREEXIT_COMPILE": "1"}
    made = subprocess.run(build, cwd=ROOT, env=compiling, capture_output=True, text=True, check=False)
    assert made.returncode == 0, made.stdout[-3_000:] + made.stderr[-3_000:]
    (file,) = folder.glob("fireexit-*.whl")
    assert "none-any" not in file.name
    site = folder / "site"
    subprocess.run([sys.executable, "-m", "zipfile", "-e", str(file), str(site)], check=True)
    return {**os.environ, "PYTHONPATH": str(site), "NO_COLOR": "1"}


def said(environment: Any, cwd: Path, *arguments: str, status: tuple[int, ...] = (0,)) -> str:
    made = subprocess.run(
        arguments, cwd=cwd, env=environment, capture_output=True, text=True, check=False, timeout=300
    )
    assert made.returncode in status, made.stdout[-3_000:] + made.stderr[-3_000:]
    return made.stdout


def test_it_says_which_core_runs(wheel: Any, tmp_path: Path) -> None:
    assert f"({COMPILED})" in said(wheel, tmp_path, *PROGRAM, "--version")
    assert f"({PLAIN})" in said(os.environ, tmp_path, *PROGRAM, "--version")


def test_it_installs_one_package_and_its_library(wheel: Any) -> None:
    names = {path.name.partition(".")[0] for path in Path(wheel["PYTHONPATH"]).iterdir()}
    assert {name for name in names if not name.startswith("fireexit-")} == {"fireexit", LIBRARY}


def test_a_run_is_the_same_to_the_byte(wheel: Any, tmp_path: Path) -> None:
    said(wheel, tmp_path, *PROGRAM, *RUN, "compiled", status=(0, 3))
    said(os.environ, tmp_path, *PROGRAM, *RUN, "plain", status=(0, 3))
    files = sorted(path.relative_to(tmp_path / "plain") for path in (tmp_path / "plain").rglob("*.jsonl"))
    assert len(files) == 6
    for file in files:
        rows = (tmp_path / "compiled" / file).read_bytes()
        assert rows == (tmp_path / "plain" / file).read_bytes(), file


def test_structs_are_what_they_are_in_plain_python(wheel: Any, tmp_path: Path) -> None:
    program = tmp_path / "structs.py"
    shutil.copy(structs.__file__, program)
    compiled = json.loads(said(wheel, tmp_path, sys.executable, str(program), "fireexit."))
    plain = json.loads(said({**os.environ, "PYTHONPATH": str(ROOT)}, tmp_path, sys.executable, str(program)))
    assert len(plain) > 50
    assert compiled == plain


def test_what_a_user_writes_stays_plain_python(wheel: Any, tmp_path: Path) -> None:
    """Policies may be made of ours, and traders of ours may be wrapped."""
    (tmp_path / "mine.py").write_text(
        "from fireexit.mock_exchange.gateway.policies.exempt import Exempt\n"
        "from fireexit.mock_exchange.gateway.policies.messages import SHED\n"
        "class Mine(Exempt):\n"
        "    def admit(self, request, node):\n"
        "        return SHED if request.number == 1 else super().admit(request, node)\n"
    )
    shown = said(
        wheel,
        tmp_path,
        sys.executable,
        "-c",
        "from fireexit import TryOut; from mine import Mine; gate = TryOut(Mine(), slots=2)\n"
        "print(gate.opening(), gate.opening(), gate.reducing())",
    )
    assert shown.split() == ["shed", "admitted", "admitted"]


def test_a_mistake_in_the_compiled_engine_is_noticed(tmp_path: Path) -> None:
    copy_to(tmp_path)
    place = tmp_path / "mock_exchange" / "engine" / "matching.py"
    source = place.read_text()
    right, wrong = "min(order.remaining, maker.remaining)", "max(order.remaining, maker.remaining)"
    assert source.count(right) == 1
    place.write_text(source.replace(right, wrong))
    program = (
        "from pathlib import Path; from tools.compiling import compile_tree, listed\n"
        f"compile_tree(Path({tmp_path.name!r}), [m for m in listed() if '/engine/' in m], '0')"
    )
    environment = {**os.environ, "PYTHONPATH": str(tmp_path), "FIREEXIT_BUDGET": "off"}
    said(environment, tmp_path.parent, sys.executable, "-c", program)
    place.write_text(source)  # only what is compiled is wrong
    walk = ("-m", "pytest", "-q", "tests/engine/test_against_reference.py", "-k", "seeded_walk")
    shown = said(environment, tmp_path, sys.executable, *walk, status=(1,))
    assert "AssertionError" in shown
