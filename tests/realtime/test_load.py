"""Load runs over real sockets: right or inconclusive, whatever the machine does meanwhile."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import warnings
from pathlib import Path
from typing import Any

import psutil
import pytest

from mock_exchange.plan import Plan, access_for
from tests.cli.support import ROOT, command, fireexit
from tests.support import large

INCONCLUSIVE = 3


def load(cwd: Path, expected: int, *arguments: str) -> dict[str, Any]:
    """One run, and one recorded retry if it was inconclusive on this machine; the verdict document."""
    for attempt in range(2):
        result = fireexit("check", "--json", *arguments, cwd=cwd, timeout=240)
        document: dict[str, Any] = json.loads(result.stdout)
        if result.returncode == expected:
            return document
        assert result.returncode == INCONCLUSIVE, (result.returncode, document["clauses"])
        warnings.warn(f"inconclusive, try {attempt + 1}: {document['reasons']}", stacklevel=1)
    pytest.skip(f"inconclusive twice on this machine: {document['reasons']}")


def test_exempt_holds_by_default(tmp_path: Path) -> None:
    document = load(tmp_path, 0)
    assert document["run"]["policy"] == "exempt"
    assert document["classes"]["unmatched"] == 0
    (driver,) = document["validity"]["drivers"]
    assert (driver["missed"], driver["unanswered"]) == (0, 0)
    (run,) = (tmp_path / "runs").iterdir()
    assert run.name.endswith("-mixed-exempt")
    assert json.loads((run / "run.json").read_text())["state"] == "complete"
    secrets = [
        access.secret for access in access_for(Plan.from_dict(json.loads((run / "plan.json").read_text())))
    ]
    texts = [path.read_bytes() for path in run.rglob("*") if path.is_file()]
    assert not any(secret.encode() in text for secret in secrets for text in texts), "keys are in no file"


@pytest.mark.large  # the README's commands do the same in `make test`
def test_undifferentiated_is_broken(tmp_path: Path) -> None:
    document = load(tmp_path, 1, "--policy", "undifferentiated", "--seed", "7")
    assert document["classes"]["truly-reducing"]["capacity"] > 100


@pytest.mark.large
def test_calm_decides_nothing(tmp_path: Path) -> None:
    result = fireexit("check", "--scenario", "calm", "--duration", "12", "--seed", "7", cwd=tmp_path)
    assert result.returncode == INCONCLUSIVE
    assert "no overload" in result.stdout


@pytest.mark.large
def test_a_loader_that_is_asked_for_too_much_sends_what_it_can_and_says_so(tmp_path: Path) -> None:
    """A hundred times the scenario's rate: more than any machine can send with one processor."""
    result = fireexit(
        "check", "--set", "rate=100", "--duration", "6", "--seed", "7", "--json", cwd=tmp_path, timeout=240
    )
    document = json.loads(result.stdout)
    assert (result.returncode, document["result"]) == (INCONCLUSIVE, "inconclusive")
    (driver,) = document["validity"]["drivers"]
    left = driver["sent"] - driver["missed"]
    assert driver["missed"] > 10_000
    assert left > 1_000, "it goes on sending"
    assert driver["kept_per_s"] > 100
    assert any("a second were" in reason for reason in document["reasons"])
    attempts = sum(document["classes"][name]["attempts"] for name in ("opening", "reducing"))
    assert attempts <= left, "what was not sent is no attempt"
    assert document["classes"]["reducing"]["accepted"] > 0, "the exchange goes on trading"


def started(cwd: Path, duration_s: int = 120) -> tuple[subprocess.Popen[str], dict[str, psutil.Process]]:
    """A long run, some seconds into its flood, and its child processes by name."""
    process = subprocess.Popen(
        command("check", "--duration", str(duration_s), "--seed", "1", "--out", "run"),
        cwd=cwd,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    attempts = cwd / "run" / "replication-00" / "attempts.jsonl"
    deadline = time.monotonic() + 60
    while not attempts.exists() or attempts.stat().st_size < 20_000:
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.1)
    children = psutil.Process(process.pid).children()
    return process, {
        "exchange": next(c for c in children if "mock_exchange" in c.cmdline()),
        "locust": next(c for c in children if any("locust" in word for word in c.cmdline())),
    }


@pytest.mark.parametrize(
    ("who", "words"),
    [("exchange", "the exchange was killed by signal 9"), ("locust", "the load generator was")],
)
def test_a_process_that_dies_makes_the_run_invalid(who: Any, words: Any, tmp_path: Path) -> None:
    process, children = started(tmp_path)
    children[who].send_signal(signal.SIGKILL)
    out, err = process.communicate(timeout=60)
    assert process.returncode == INCONCLUSIVE
    assert "Traceback" not in out + err
    assert sum(words in line for line in out.splitlines()) == 1
    psutil.wait_procs(children.values(), timeout=10)
    assert not any(child.is_running() for child in children.values())


@pytest.mark.parametrize(
    ("who", "seconds"), large(("exchange", 0.4), ("exchange", 2.0), ("locust", 0.4), ("locust", 2.0))
)
def test_a_process_that_stands_still_makes_the_run_invalid(who: Any, seconds: Any, tmp_path: Path) -> None:
    """Suspended, not killed: what arrived meanwhile comes at once; refusals of that are nobody's fault."""
    process, children = started(tmp_path, 10)
    children[who].suspend()
    time.sleep(seconds)
    children[who].resume()
    out, err = process.communicate(timeout=60)
    assert process.returncode == INCONCLUSIVE, out + err
    assert out.splitlines()[0] == "INCONCLUSIVE: this run is invalid and decides nothing"
    document = json.loads((tmp_path / "run" / "verdict.json").read_text())
    assert any("stood still for" in fault for fault in document["validity"]["faults"])


def test_interrupt_leaves_a_run_marked_aborted_and_no_process_behind(tmp_path: Path) -> None:
    process, children = started(tmp_path)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert out == ""
    assert err.strip().splitlines()[-1] == "fireexit: interrupted; the partial run is marked aborted"
    assert "Traceback" not in err
    assert json.loads((tmp_path / "run" / "run.json").read_text())["state"] == "aborted"
    psutil.wait_procs(children.values(), timeout=10)
    assert not any(child.is_running() for child in children.values())


@pytest.mark.large
def test_a_check_against_an_exchange_started_elsewhere(tmp_path: Path) -> None:
    """With its control port the verdict is whole; without it the engine's clauses stay undecided."""
    accounts = tmp_path / "accounts.json"
    serve = subprocess.Popen(
        command("serve", "--port", "0", "--policy", "undifferentiated", "--accounts", str(accounts)),
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert serve.stdout is not None
        url = serve.stdout.readline().split()[1]
        arguments = ["--host", url, "--accounts", str(accounts), "--seed", "2"]
        document = load(tmp_path, 1, *arguments, "--duration", "10")
        assert document["run"]["policy"] == "undifferentiated"
        assert document["classes"]["unmatched"] == 0
        row = json.loads(accounts.read_text())
        accounts.write_text(json.dumps({**row, "control": None}))
        blind = fireexit("check", *arguments, "--duration", "5", cwd=tmp_path, timeout=120)
        seen = load(tmp_path, 1, *arguments, "--duration", "15", "--contract", "client-only")
    finally:
        serve.send_signal(signal.SIGINT)
        serve.wait(20)
    assert blind.returncode == INCONCLUSIVE
    assert "the exchange's journal is not at hand" in blind.stdout
    broken = {clause["id"] for clause in seen["clauses"] if clause["result"] == "broken"}
    assert {"claimed-accepted", "claimed-not-throttled"} <= broken
    assert seen["validity"]["faults"] == []
    secrets = [account["secret"].encode() for account in row["accounts"]]
    runs = list((tmp_path / "runs").iterdir())
    assert len(runs) == 3
    for path in (path for run in runs for path in run.rglob("*") if path.is_file()):
        text = path.read_bytes()
        assert not any(secret in text for secret in secrets), path
    for run in runs:
        assert "when judged again" in fireexit("verify", str(run), cwd=tmp_path).stdout


def locust(cwd: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "locust", "-f", str(ROOT / "fireexit" / "locustfile.py"), *arguments],
        cwd=cwd,
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
        env={**os.environ, "NO_COLOR": "1"},
    )


@pytest.mark.parametrize("extra", [[], pytest.param(["--processes", "2"], marks=pytest.mark.large)])
def test_plain_locust_runs_and_takes_its_status_from_the_verdict(extra: Any, tmp_path: Path) -> None:
    """The user count must not change the rate: five users send what one would."""
    arguments = ["--headless", "-u", "5", "--duration", "8", "--policy", "undifferentiated", "--seed", "3"]
    result = locust(tmp_path, *arguments, *extra)
    assert "Traceback" not in result.stdout + result.stderr
    assert result.returncode in (1, INCONCLUSIVE), result.stderr[-2000:]
    (run,) = (tmp_path / "runs").iterdir()
    document = json.loads((run / "verdict.json").read_text())
    assert len(document["validity"]["drivers"]) == (2 if extra else 1)
    sent = sum(driver["sent"] for driver in document["validity"]["drivers"])
    assert 1_900 < sent < 3_100
    if result.returncode == 1:
        assert document["result"] == "broken"


def test_plain_locust_refuses_an_exchange(tmp_path: Path) -> None:
    result = locust(tmp_path, "--headless", "-u", "1", "--host", "http://fapi.binance.com")
    assert result.returncode == 2
    assert "fireexit: fapi.binance.com belongs to an exchange" in result.stderr
    assert "Traceback" not in result.stderr
