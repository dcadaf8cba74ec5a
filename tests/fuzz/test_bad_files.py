"""Plans, accounts and run directories with something in them that cannot be: every command says so in one
line, with status 2, 3 or 4, within two seconds, and prints nothing that a terminal would act upon."""

from __future__ import annotations

import json
import os
import random
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from fireexit import check
from loadgen.drive.job import Control, write_accounts
from loadgen.scenarios import load_scenario
from mock_exchange.plan import access_for
from tests.fuzz.test_bad_documents import places, replaced
from tests.support import large

BAD: tuple[Any, ...] = (
    *(-1, 0, 0.5, 10**9, 10**30, 1e308, True, None, "", "x", "\x1b[2J", "\u202egnp", [], {}, [1], {"a": 1}),
)
ACTS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e]")
SEED = 20261127
REFUSED = (2, 3, 4)


class Zygote:
    """The process that forks for each command."""

    def __init__(self, folder: Path) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.fuzz.zygote"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
            cwd=folder,
        )

    def run(self, program: str, *arguments: object) -> dict[str, Any]:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        line = json.dumps({"program": program, "arguments": [str(word) for word in arguments]})
        self._process.stdin.write(line + "\n")
        self._process.stdin.flush()
        found: dict[str, Any] = json.loads(self._process.stdout.readline())
        return found

    def close(self) -> None:
        self._process.kill()
        self._process.wait()


@pytest.fixture(scope="module")
def zygote(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Zygote]:
    made = Zygote(tmp_path_factory.mktemp("bad"))
    yield made
    made.close()


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("run") / "run"
    check(mode="sim", replications=2, duration_s=2, seed=1, out=out)
    return out


def spoilt(text: str, how_many: int, salt: str) -> Iterator[tuple[str, str]]:
    """So many versions of a JSON document, each with one place that is not what it was; and what was done."""
    draw = random.Random(f"{SEED}/{salt}")
    return (spoilt_once(text, number, draw) for number in range(how_many))


def spoilt_once(text: str, number: int, draw: random.Random) -> tuple[str, str]:
    """By the number: cut off, another leaf, or another branch."""
    if number % 7 == 6:
        cut = draw.randrange(len(text))
        return text[:cut], f"cut after {cut}"
    row = json.loads(text)
    leaf, bad = draw.choice([path for path, _ in places(row)] or [()]), BAD[number % len(BAD)]
    path = leaf[: draw.randint(1, len(leaf))] if leaf else leaf
    return json.dumps(replaced(row, path, bad)), f"{path} = {bad!r}"


def fault_of(found: dict[str, Any]) -> str:
    """What is wrong with how a command ended; empty if nothing is."""
    said = found["err"] + found["out"]
    if found["status"] is None:
        return "did not end"
    if "Traceback" in said:
        return "a traceback"
    if ACTS.search(said):
        return "a terminal would act upon what it prints"
    if found["status"] in REFUSED and len(found["err"].strip().splitlines()) > 1:
        return "says more than one line"
    return "" if found["status"] in (0, 1, *REFUSED) else f"status {found['status']}"


@pytest.mark.parametrize("how_many", [20, *large(200)])
def test_plans(how_many: int, zygote: Zygote, tmp_path: Path) -> None:
    plan = json.dumps(load_scenario("mixed").plan("exempt", 1, simulated=False).to_dict())
    path = tmp_path / "plan.json"
    refused = 0
    for text, what in spoilt(plan, how_many, "plan"):
        path.write_text(text)
        found = zygote.run("mock_exchange", "--plan", path, "--exit-with-parent")
        assert fault_of(found) == "", (what, found)
        refused += found["status"] == 2
    assert refused > how_many / 3


@pytest.mark.parametrize("how_many", [8, *large(100)])
def test_accounts(how_many: int, zygote: Zygote, tmp_path: Path) -> None:
    access = access_for(load_scenario("calm").plan("exempt", 1, simulated=False))
    path = tmp_path / "accounts.json"
    write_accounts(path, access, Control(1, "token"), "http://127.0.0.1:1")
    for text, what in spoilt(path.read_text(), how_many, "accounts"):
        path.write_text(text)
        found = zygote.run("fireexit", "check", "--host", "http://127.0.0.1:1", "--accounts", path)
        assert fault_of(found) == "", (what, found)
        assert found["status"] == 2, (what, found)


COMMANDS = (
    ("verify",),
    ("report",),
    ("funnel",),
    ("reconcile",),
)


@pytest.mark.parametrize("how_many", [16, *large(300)])
def test_run_directories(how_many: int, zygote: Zygote, run: Path, tmp_path: Path) -> None:
    files = sorted(p.relative_to(run) for p in run.rglob("*.json*") if p.suffix in (".json", ".jsonl"))
    draw = random.Random(f"{SEED}/directories")
    for number in range(how_many):
        folder = tmp_path / f"run-{number}"
        shutil.copytree(run, folder)
        path = folder / draw.choice(files)
        lines = path.read_text().splitlines() if path.suffix == ".jsonl" else [path.read_text()]
        place = draw.randrange(len(lines))
        lines[place], what = spoilt_once(lines[place], number, draw)
        path.write_text("\n".join(lines) + "\n")
        command = COMMANDS[number % len(COMMANDS)]
        found = zygote.run("fireexit", *command, folder)
        assert fault_of(found) == "", (command, path.name, place, what, found)
        if command == ("verify",):
            assert found["status"] in (1, 2), (path.name, what, found)
        shutil.rmtree(folder)
