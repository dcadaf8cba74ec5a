"""Simulations on a real Dask cluster: the same bytes, whoever dies meanwhile, or one line that says what is
wrong."""

from __future__ import annotations

import json
import shutil
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from fireexit import CheckOptions, UsageError, check
from fireexit.cluster import cluster as connected
from fireexit.errors import ElsewhereError
from fireexit.parallel import Workers, workers
from fireexit.same import Same
from run_records.run import FAILED, read_run
from tests.cli.support import fireexit
from tests.elsewhere.clusters import Cluster, cluster
from tests.elsewhere.jobs import die, died_once, doubled
from tests.house.arrows import HOUSES, ROOT

RUN = ["--mode", "sim", "--seed", "7", "--duration", "2"]


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    with cluster(tmp_path_factory.mktemp("cluster"), workers=2) as made:
        yield made


def test_a_check_is_the_same_as_alone(two: Cluster, tmp_path: Path) -> None:
    there, here = (
        fireexit("check", *RUN, "--json", "--out", name, *options, cwd=tmp_path)
        for name, options in (("there", ["--executor", two.executor]), ("here", []))
    )
    assert (there.returncode, there.stdout) == (here.returncode, here.stdout)
    sums = [(tmp_path / name / "manifest.json").read_bytes() for name in ("there", "here")]
    assert sums[0] == sums[1]
    assert "Traceback" not in there.stderr
    assert "distributed" not in there.stderr


@pytest.mark.large
def test_a_bake_off_is_the_same_as_alone(two: Cluster, tmp_path: Path) -> None:
    what = [
        "--policies",
        "exempt,undifferentiated",
        "--scenarios",
        "mixed,calm",
        "--seed",
        "7",
        "--duration",
        "1",
        "--replications",
        "3",
    ]
    there = fireexit("compare", *what, "--json", "--executor", two.executor, cwd=tmp_path)
    here = fireexit("compare", *what, "--json", cwd=tmp_path)
    assert there.returncode == here.returncode == 0
    assert json.loads(there.stdout) == json.loads(here.stdout)


@pytest.mark.large
def test_the_commands_of_the_page_work(two: Cluster, tmp_path: Path) -> None:
    """As they stand there, but for the address and their size."""
    page = (ROOT / "docs" / "scale.md").read_text()
    lines = [line for line in page.splitlines() if line.startswith("fireexit ") and " dask://" in line]
    assert len(lines) == 2
    for line in lines:
        words = line.replace("dask://10.0.0.1:8786", two.executor).replace("--certify", "--replications 3")
        words = words.replace("--policies all --scenarios all", "--policies exempt,none --scenarios calm")
        told = fireexit(*words.split()[1:], "--duration", "1", cwd=tmp_path)
        assert told.returncode in (0, 3), told.stderr  # a run of one second decides little


@pytest.mark.large
def test_scores_are_the_same_as_alone(two: Cluster, tmp_path: Path) -> None:
    what = ["score", "--mode", "sim", "--seed", "7", "--replications", "2", "--minutes", "0.5", "--json"]
    there = fireexit(*what, "--executor", two.executor, cwd=tmp_path)
    assert there.returncode == 0
    assert there.stdout == fireexit(*what, cwd=tmp_path).stdout


@pytest.mark.large
def test_what_a_dead_worker_had_is_done_again(tmp_path: Path) -> None:
    """Twice over: a job that kills whoever does it first, and a worker that dies while a check runs."""
    with cluster(tmp_path, workers=3) as made:
        with workers(made.executor) as each:
            marks = [str(tmp_path / "mark"), str(tmp_path / "mark")]
            assert each.anywhere(died_once, marks) == marks
        left = [worker for worker in made.workers if worker.poll() is None]
        assert len(left) == 2

        def kill_one(what: str, share: float) -> None:
            left[0].kill()

        options = CheckOptions(mode="sim", seed=7, duration_s=1.0)
        there = check(options, kill_one, executor=made.executor, out=tmp_path / "there")
        assert left[0].wait() < 0
        assert there.digest == check(options, out=tmp_path / "here").digest


@pytest.mark.large
def test_work_that_kills_every_worker_is_given_up(tmp_path: Path) -> None:
    allowed = {"DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES": "1"}
    with cluster(tmp_path, workers=3, **allowed) as made, workers(made.executor) as each:
        with pytest.raises(ElsewhereError, match=r"work is lost with its workers: .* 2 ") as told:
            each.anywhere(die, [1, 2])
        assert "\n" not in str(told.value)


@pytest.mark.large
def test_a_cluster_without_workers_is_not_waited_for(tmp_path: Path) -> None:
    with cluster(tmp_path) as made:
        nobody = pytest.raises(UsageError, match="has no workers: start one with `dask worker`")
        with nobody, connected(made.executor, Same.here(), connect_s=0.5):
            pass
        made.worker()
        with connected(made.executor, Same.here(), nobody_s=0.5) as found, Workers(found) as each:
            assert each.anywhere(doubled, [1, 2]) == [2, 4]
            with pytest.raises(ElsewhereError, match="has had no worker"):
                each.anywhere(die, [1, 2])


@pytest.mark.large
def test_a_scheduler_that_dies_leaves_a_failed_run_and_one_line(tmp_path: Path) -> None:
    with cluster(tmp_path, workers=1) as made:

        def kill(what: str, share: float) -> None:
            made.scheduler.kill()

        lost = "(the cluster at .* has given up the work|has had no worker, or no scheduler)"
        with pytest.raises(ElsewhereError, match=lost):
            check(progress=kill, mode="sim", executor=made.executor, out=tmp_path / "run")
    assert read_run(tmp_path / "run").state == FAILED


def test_whatever_else_listens_at_that_port_is_not_waited_for() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        where = f"dask://127.0.0.1:{silent.getsockname()[1]}"
        nobody = pytest.raises(UsageError, match="no Dask scheduler answers at")
        with nobody, connected(where, Same.here(), connect_s=0.5):
            pass


@pytest.mark.large
def test_a_worker_with_other_sources_is_refused(tmp_path: Path) -> None:
    """A comment is enough: nobody has to judge which change changes bytes."""
    other = tmp_path / "other"
    for house in HOUSES:
        shutil.copytree(ROOT / house, other / house, ignore=shutil.ignore_patterns("__pycache__"))
    (other / "loadgen" / "run_spec.py").open("a").write("# mine\n")
    with cluster(tmp_path, workers=1) as made:
        made.worker(PYTHONPATH=str(other))
        told = fireexit("check", *RUN, "--executor", made.executor, cwd=tmp_path)
    assert told.returncode == 2
    assert "has other sources of fireexit" in told.stderr
    assert not (tmp_path / "runs").exists()
