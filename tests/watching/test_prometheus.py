"""Debian's Prometheus scrapes a real run: rules, alerts, every panel of every dashboard, the last attempt."""

from __future__ import annotations

import json
import math
import os
import subprocess
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from grafana.boards import BOARDS
from run_records.clients import read_attempts
from tests.cli.support import command
from tests.watching.programs import ROOT, Prometheus, fetch, free_port, program, prometheus, running, wait_for

pytestmark = [pytest.mark.realtime, pytest.mark.watching]
RULES = ROOT / "grafana" / "prometheus"
MOST_SCRAPE_S = 0.05
"""Of a scrape's real duration; the 5 ms that it is meant to take are measured in benchmarks/."""


def promtool(*arguments: str, stdin: str | None = None) -> None:
    result = subprocess.run(
        [program("promtool"), *arguments], cwd=RULES, input=stdin, capture_output=True, text=True, check=False
    )
    assert result.returncode == 0, result.stdout + result.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ("check", "config", "prometheus.yml"),
        ("check", "rules", "rules.yml", "alerts.yml"),
        ("test", "rules", "rules_test.yml"),
    ],
)
def test_promtool_is_content(arguments: Any) -> None:
    promtool(*arguments)


@dataclass
class Watched:
    """A run that Prometheus has seen from begin to end."""

    prometheus: Prometheus
    folder: Path
    began: float
    ended: float
    fired_after_s: dict[str, float]
    fired: set[str]


def watch(cwd: Path, policy: str, duration: int, *options: str) -> tuple[Any, ...]:
    """Start a run under watch; a context for `running` and the ports."""
    loader, exchange = free_port(), free_port()
    arguments = command(
        "check",
        "--policy",
        policy,
        "--duration",
        str(duration),
        "--seed",
        "5",
        "--out",
        "run",
        "--metrics-port",
        str(loader),
        "--control-port",
        str(exchange),
        *options,
    )
    return arguments, loader, exchange


@pytest.fixture(scope="module", params=["inverted", "exempt"])
def watched(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """Twenty-five seconds under a policy, with everything that fired meanwhile."""
    cwd = tmp_path_factory.mktemp(request.param)
    arguments, loader, exchange = watch(cwd, request.param, 25)
    with prometheus(cwd, exchange, loader) as seen:
        began = time.time()
        fired: dict[str, float] = {}
        with running(arguments, cwd, "check.log", env={**os.environ, "NO_COLOR": "1"}) as check:
            wait_for(lambda: seen.value("fireexit_loader_running") == 1.0, 60, "the run was never scraped")
            zero = wait_for(lambda: seen.value("fireexit_loader_started_timestamp_seconds"))
            for page in (f"http://127.0.0.1:{loader}/metrics", f"http://127.0.0.1:{exchange}/metrics"):
                promtool("check", "metrics", stdin=fetch(page))
            while check.poll() is None:
                for name in seen.firing():
                    fired.setdefault(name, time.time() - zero)
                time.sleep(0.5)
        yield request.param, Watched(seen, cwd / "run", began, time.time(), fired, set(fired))


def test_alarms_where_priority_is_inverted_and_nowhere_else(watched: Any) -> None:
    policy, run = watched
    if policy == "inverted":
        assert run.fired_after_s["ReduceOnlyPriorityInverted"] <= 15
        assert {"FireExitShut", "ReducingOrdersThrottled"} <= run.fired
    else:
        assert not run.fired & {"ReduceOnlyPriorityInverted", "FireExitShut", "ReducingOrdersThrottled"}


def has_figures(run: Watched, expr: str) -> bool:
    """Whether it gives one finite number at least."""
    rows = run.prometheus.query_range(expr, run.began, run.ended)
    return any(math.isfinite(float(value)) for row in rows for _, value in row["values"])


def test_every_panel_has_data_or_a_reason(watched: Any) -> None:
    policy, run = watched
    silent = []
    for board in BOARDS:
        for panel, query in board.queries():
            expr = query.expr.replace("$symbol", ".*")
            if not has_figures(run, expr) and not query.empty:
                silent.append(f"{board.title} / {panel.title}: {expr}")
    assert not silent, f"{policy}: " + "\n".join(silent)


def test_panels_that_may_be_empty_are_not_all_empty(watched: Any) -> None:
    """A reason must not hide a query that can never have data."""
    policy, run = watched
    if policy != "inverted":
        return
    for board in BOARDS:
        for panel, query in board.queries():
            if query.empty and "policies" not in query.empty and "watch" not in query.empty:
                if "liquidat" in query.empty:
                    continue
                found = has_figures(run, query.expr.replace("$symbol", ".*"))
                assert found, f"{board.title} / {panel.title}: {query.expr}"


def test_totals_are_those_of_the_run_directory_to_the_last_attempt(watched: Any) -> None:
    _, run = watched
    written: Counter[tuple[str, str]] = Counter()
    for path in (run.folder / "replication-00").glob("attempts*.jsonl"):
        written.update((row.klass, str(row.code)) for row in read_attempts(path))
    seen = run.prometheus.query("sum by (class, code) (max_over_time(fireexit_loader_attempts_total[10m]))")
    scraped = {(row["metric"]["class"], row["metric"]["code"]): int(float(row["value"][1])) for row in seen}
    assert scraped == dict(written)
    verdict = json.loads((run.folder / "verdict.json").read_text())
    attempts = sum(verdict["classes"][name]["attempts"] for name in ("opening", "reducing", "cancel"))
    assert sum(scraped.values()) == attempts


def test_scrapes_are_short(watched: Any) -> None:
    _, run = watched
    for job in ("fireexit-exchange", "fireexit-loader"):
        took = run.prometheus.value(f'quantile_over_time(0.5, scrape_duration_seconds{{job="{job}"}}[10m])')
        assert took is not None
        assert took < MOST_SCRAPE_S
