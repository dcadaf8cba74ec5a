"""Simulations on executors of all kinds: the bytes of this machine, or none."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import Executor, ProcessPoolExecutor, ThreadPoolExecutor
from functools import partial
from multiprocessing import get_context
from pathlib import Path

import pytest

from fireexit import CheckOptions, UsageError, check
from fireexit.compare import CompareOptions, compare
from fireexit.elsewhere import Elsewhere
from fireexit.errors import ElsewhereError
from fireexit.parallel import Workers, unpack
from fireexit.same import Same
from loadgen.scenarios import load_scenario
from run_records.run import CONFINED
from tests.elsewhere.jobs import die, doubled, fail_at_zero, write_here
from tests.house.arrows import HOUSES, ROOT

SAMPLE = ROOT / "tests" / "samples" / "opens.py"


@pytest.fixture(params=["threads", "processes"])
def executor(request: pytest.FixtureRequest) -> Iterator[Executor]:
    spawn = get_context("spawn")
    pool = ThreadPoolExecutor(2) if request.param == "threads" else ProcessPoolExecutor(2, spawn)
    with pool:
        yield pool


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> str:
    return _digest(tmp_path_factory.mktemp("alone"), None)


def _digest(folder: Path, executor: str | Executor | None) -> str:
    options = CheckOptions("mixed", "undifferentiated", "sim", seed=7, duration_s=1.0, stop="early")
    return check(options, out=folder / "run", executor=executor).digest


def test_a_check_has_the_same_digest(executor: Executor, alone: str, tmp_path: Path) -> None:
    assert _digest(tmp_path, executor) == alone


@pytest.mark.large
def test_the_example_of_the_page_works(tmp_path: Path) -> None:
    (example,) = re.findall(r"```python\n(.*?)```", (ROOT / "docs" / "scale.md").read_text(), re.S)
    (tmp_path / "mine.py").write_text(example)
    told = subprocess.run(
        [sys.executable, "mine.py"], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert told.stdout.startswith("sha256:")


def test_cells_have_the_same_figures(tmp_path: Path) -> None:
    file = tmp_path / "of-my-own.toml"
    file.write_text(load_scenario("mixed").source)
    options = partial(CompareOptions, ["exempt", "none"], [str(file)], seed=7, replications=2, duration_s=1.0)
    with ThreadPoolExecutor(2) as pool:
        assert compare(options(executor=pool)).to_dict() == compare(options()).to_dict()


def test_an_executor_that_was_given_stays_open(tmp_path: Path) -> None:
    with ThreadPoolExecutor(1) as pool:
        _digest(tmp_path, pool)
        assert pool.submit(doubled, 2).result() == 4


def test_results_are_in_the_order_of_their_items(executor: Executor) -> None:
    told: list[float] = []
    with Workers(Elsewhere(executor, Same.here())) as each:
        assert each.anywhere(doubled, range(20), told.append) == list(range(0, 40, 2))
    assert told == [number / 20 for number in range(1, 21)]


def test_files_end_up_here(executor: Executor, tmp_path: Path) -> None:
    with Workers(Elsewhere(executor, Same.here())) as each:
        each.write(write_here, range(3), lambda number: tmp_path / str(number))
    assert [(tmp_path / str(n) / "what.jsonl").read_text()[:2] for n in range(3)] == ["0\n", "1\n", "2\n"]


@pytest.mark.parametrize("name", ["../out", "/etc/out", "a/b", ".."])
def test_no_file_ends_up_anywhere_else(name: str, tmp_path: Path) -> None:
    with pytest.raises(ElsewhereError, match="outside of its folder"):
        unpack({"good": b"", name: b""}, tmp_path / "records")
    assert list(tmp_path.rglob("*")) == []


def test_the_first_failure_ends_the_rest() -> None:
    with ThreadPoolExecutor(1) as pool:
        seen: list[int] = []
        go_on = threading.Event()
        with pytest.raises(ValueError, match="the first has failed"):
            list(Elsewhere(pool, Same.here()).done(partial(_note_and_wait, seen, go_on), range(100)))
        go_on.set()
    assert seen in ([0], [0, 1])


def _note_and_wait(seen: list[int], go_on: threading.Event, item: int) -> int:
    seen.append(item)
    fail_at_zero(item)
    go_on.wait()
    return item


def test_a_lost_worker_is_named() -> None:
    lost = pytest.raises(ElsewhereError, match="work is lost with its workers: ")
    with ProcessPoolExecutor(1, get_context("spawn")) as pool, lost as told:
        list(Elsewhere(pool, Same.here()).done(die, [1]))
    assert "\n" not in str(told.value)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"sources": "0" * 64}, "has other sources of fireexit"),
        ({"versions": {"fireexit": "0.0.1"}}, "has Python 3.[0-9]+, not at all"),
        ({"versions": {**Same.here().versions, "fireexit": "0.0.1"}}, "has fireexit .*, not 0.0.1"),
        (
            {"policies": {"/nowhere/at/all.py": ("0" * 64, CONFINED)}},
            "has no file of policy /nowhere/at/all.py",
        ),
        ({"policies": {str(SAMPLE): ("0" * 64, CONFINED)}}, "has another file of policy"),
        ({"policies": {"exempt": (None, CONFINED)}}, "runs policy exempt otherwise: shipped, not a confined"),
    ],
)
def test_work_that_would_be_done_otherwise_is_refused(change: dict[str, object], says: str) -> None:
    with ThreadPoolExecutor(1) as pool, pytest.raises(ElsewhereError, match=says):
        list(Elsewhere(pool, Same.here()._replace(**change)).done(doubled, [1]))  # type: ignore[arg-type]


@pytest.mark.large
def test_a_policy_of_ones_own_works_where_its_file_is(tmp_path: Path) -> None:
    mine = shutil.copy(SAMPLE, tmp_path / "mine.py")
    options = CheckOptions("mixed", str(mine), "sim", seed=7, duration_s=1.0, replications=2)
    with ProcessPoolExecutor(2, get_context("spawn")) as pool:
        there = check(options, out=tmp_path / "there", executor=pool)
    assert there.digest == check(options, out=tmp_path / "here").digest


@pytest.mark.parametrize(
    "name", ["", "dask://", "dask://host", "dask://host:99999", "tcp://host:1", "dask://h:1/x"]
)
def test_what_is_no_address_is_said_before_anything_runs(name: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="--executor is dask://HOST:PORT, not"):
        check(mode="sim", executor=name, out=tmp_path / "run")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("policy", ["tests.samples.opens:Opens", "pipe:cat"])
def test_a_policy_that_cannot_be_compared_is_not_sent(policy: str) -> None:
    with pytest.raises(UsageError, match="name the file of policy"):
        Same.here([policy])


def test_a_policy_is_named_by_its_whole_path() -> None:
    with pytest.raises(UsageError, match="give the whole path of policy"):
        Same.here([str(SAMPLE.relative_to(Path.cwd()))])


def test_sources_that_change_while_a_worker_runs_are_noticed(tmp_path: Path) -> None:
    """In a process of its own, whose sources are a copy."""
    for house in HOUSES:
        shutil.copytree(ROOT / house, tmp_path / house, ignore=shutil.ignore_patterns("__pycache__"))
    code = (
        "from fireexit.same import Same; import pathlib; same = Same.here(); same.check();"
        "pathlib.Path('loadgen/run_spec.py').open('a').write('# mine'); same.check()"
    )
    told = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert "has other sources than when its worker was started: start it anew" in told.stderr


def test_what_is_interrupted_while_it_tells_is_cancelled() -> None:
    def interrupt(share: float) -> None:
        raise KeyboardInterrupt

    with ThreadPoolExecutor(1) as pool:
        seen: list[int] = []
        with pytest.raises(KeyboardInterrupt), Workers(Elsewhere(pool, Same.here())) as each:
            each.anywhere(partial(_note_and_sleep, seen), range(200), interrupt)
    assert len(seen) < 20


def _note_and_sleep(seen: list[int], item: int) -> None:
    seen.append(item)
    time.sleep(0.02)


def test_a_closed_executor_and_what_is_none(tmp_path: Path) -> None:
    pool = ThreadPoolExecutor(1)
    pool.shutdown()
    with pytest.raises(ElsewhereError, match="the executor takes no work"):
        _digest(tmp_path, pool)
    with pytest.raises(UsageError, match="an executor is one of"):
        _digest(tmp_path / "other", 7)  # type: ignore[arg-type]
    assert not (tmp_path / "other").exists()


def test_over_sockets_nothing_is_simulated() -> None:
    with pytest.raises(UsageError, match="--executor needs --mode sim"):
        check(mode="load", executor="dask://127.0.0.1:8786")
