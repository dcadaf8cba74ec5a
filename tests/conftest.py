"""Hypothesis draws the same examples every time: a red test is red for everybody.

A test run in the background of a script starts with interrupts ignored, and so would every program it
starts; tests that interrupt programs need them heard.
"""

from __future__ import annotations

import os
import shlex
import signal
import subprocess
import sys
from collections import Counter
from pathlib import Path, PurePath
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

from fireexit.core import COMPILED, STALE, core
from tests.house.budget import SWITCH, Bookkeeper, Meter

ROOT = Path(__file__).parents[1]

settings.register_profile(
    "repeatable", derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("repeatable")
if "FIREEXIT_EXAMPLES" in os.environ:  # `make soak`: so many times the examples, and others every time
    settings.register_profile("soak", settings.get_profile("repeatable"), derandomize=False)
    settings.load_profile("soak")

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


SPREAD = frozenset(("test_docs.py", "test_oracles.py", "test_check_sim.py"))
"""Files of long tests that share nothing: with several processes each test goes where there is room."""


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Other files stay in one process: their tests share runs and environments. They begin in the order that
    `pytest_collection_modifyitems` gives them, not by how many tests they have: the longest have few."""
    from xdist.scheduler import LoadScopeScheduling  # only where there are several processes

    class ByFile(LoadScopeScheduling):  # type: ignore[misc]
        def _split_scope(self, nodeid: str) -> str:
            file = nodeid.partition("::")[0]
            return nodeid if PurePath(file).name in SPREAD else file

    config.option.loadscopereorder = False
    return ByFile(config, log)


@pytest.fixture(scope="session")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The wheel, unpacked outside the checkout, and a `fireexit` command that finds only it."""
    folder = tmp_path_factory.mktemp("installed")
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True)
    (wheel,) = folder.glob("fireexit-*.whl")
    site = folder / "site"
    subprocess.run([sys.executable, "-m", "zipfile", "-e", str(wheel), str(site)], check=True)
    command = folder / "bin" / "fireexit"
    command.parent.mkdir()
    command.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -m fireexit "$@"\n')
    command.chmod(0o755)
    path = f"{command.parent}:{Path(sys.executable).parent}:{os.environ['PATH']}"
    return {**os.environ, "PYTHONPATH": str(site), "PATH": path, "NO_COLOR": "1"}


def pytest_configure(config: pytest.Config) -> None:
    """Sources that do not run are not tested. Processor time is read where tests run, and added up where all
    reports arrive."""
    if (running := core()) == STALE:
        pytest.exit(f"fireexit has a {running}", 2)
    config.pluginmanager.register(Meter())
    if not hasattr(config, "workerinput") and os.environ.get(SWITCH) != "off":
        config.pluginmanager.register(Bookkeeper())


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What takes long begins first: nobody is to wait for it alone at the end. A compiled class takes no
    stand-in for another one."""
    long = {item.path for item in items if item.get_closest_marker("large")}
    tests = Counter(item.path for item in items)
    items.sort(key=lambda item: (item.path not in long, -tests[item.path], item.path))
    if core() == COMPILED:
        for item in items:
            if item.get_closest_marker("stands_in"):
                item.add_marker(pytest.mark.skip("stand-ins need the core in plain Python"))
