"""Every command in the documents is run, as written."""

from __future__ import annotations

import os
import re
import shlex
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from judging.contracts import contract_names, parse_contract
from judging.measures import MEASURES
from mock_exchange.gateway.policies import load_policy
from tools.pages.contracts import contracts_page

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", ROOT / "docs" / "watching.md", ROOT / "docs" / "scale.md"]
TEXTS = [page.read_text(encoding="utf-8") for page in PAGES]
BLOCKS = [block for text in TEXTS for block in re.findall(r"```sh\n(.*?)```", text, re.S)]
LINES = list(dict.fromkeys(line for block in BLOCKS for line in block.strip().splitlines()))
"""Blocks marked `console` are for several machines: tests/watching/test_two_machines.py does that."""
LOCUST = ("locust", "fireexit locust")
BIN = Path(sys.executable).parent
ENV = {**os.environ, "PATH": f"{BIN}:{os.environ['PATH']}", "NO_COLOR": "1"}


def command(line: str) -> tuple[list[str], int]:
    """(arguments, expected status) of a documented line."""
    text, _, comment = line.partition("#")
    status = re.search(r"status (\d+)", comment)
    arguments = [str(ROOT / a) if a.startswith("loadgen/") else a for a in shlex.split(text)]
    return arguments, int(status[1]) if status else 0


def is_realtime(line: str) -> bool:
    return (
        "--mode load" in line
        or line.startswith(LOCUST)
        or (line.startswith("fireexit check") and "--mode sim" not in line)
        or " serve " in line
        or "mock_exchange" in line
        or "--host" in line
        or (line.startswith("fireexit score") and "--mode sim" not in line)
    )


SIMULATED = [line for line in LINES if not is_realtime(line) and not line.startswith("make")]
SERVING = [line for line in LINES if is_realtime(line)]


def test_the_readme_starts_with_the_two_commands() -> None:
    assert BLOCKS[0].split("\n")[:2] == ["make check", "make test"]
    assert len(SIMULATED) >= 9
    assert len(SERVING) >= 6


@pytest.mark.parametrize(
    "target",
    [
        "check",
        "test",
        "test-all",
        "bench",
        "bakeoff",
        "incident",
        "statistics",
        "lint",
        "boards",
        "watching",
        "golden",
        "pages",
        "picture",
        "report-picture",
        "clean",
    ],
)
def test_make_targets_exist(target: str) -> None:
    """Running them here would run this test again; CI runs `make test-all`, which is both and more."""
    subprocess.run(["make", "-n", target], cwd=ROOT, check=True, capture_output=True)


LONG = (
    "shrink",
    "incident",
    "deep-gate",
    "gaming",
    "compare",
    "score",
    "--junit",
    "--json",
    "--contract",
    "exempt",
)
"""Commands with these words are left to `make test-all`: each takes ten seconds."""


def _by_length(line: str) -> object:
    return pytest.param(line, marks=pytest.mark.large) if any(word in line for word in LONG) else line


@pytest.mark.parametrize("line", list(map(_by_length, SIMULATED)))
def test_simulated_commands(line: str, tmp_path: Path) -> None:
    arguments, status = command(line)
    result = subprocess.run(
        arguments, cwd=tmp_path, env=ENV, capture_output=True, text=True, timeout=300, check=False
    )
    assert result.returncode == status, result.stderr
    assert result.stdout
    assert "Traceback" not in result.stderr


@pytest.mark.large
def test_the_evidence_page_runs_from_top_to_bottom(tmp_path: Path) -> None:
    page = (ROOT / "docs" / "evidence.md").read_text(encoding="utf-8")
    lines = "".join(re.findall(r"```sh\n(.*?)```", page, re.S)).splitlines()
    assert len(lines) >= 10
    for line in lines:
        arguments, status = command(line)
        result = subprocess.run(
            arguments, cwd=tmp_path, env=ENV, capture_output=True, text=True, timeout=300, check=False
        )
        assert (line, result.returncode) == (line, status), result.stderr
        assert result.stdout
        assert "Traceback" not in result.stderr
    for file in ("before/report.html", "comparison.html", "attempts.parquet"):
        assert (tmp_path / file).stat().st_size > 1000


def test_the_contracts_page_names_every_measure_and_its_example_is_one() -> None:
    page = (ROOT / "docs" / "contracts.md").read_text(encoding="utf-8")
    assert page == contracts_page(), "regenerate with `make pages`"
    for name, measure in MEASURES.items():
        assert re.search(rf"^\| `{name}` \| .* \| {measure.vantage} \|$", page, re.M), name
    for name in contract_names():
        assert f"| `{name}` |" in page
    (example,) = re.findall(r"```toml\n(.*?)```", page, re.S)
    assert parse_contract(example, "mine").clauses[0].measure == "accepted-share"


def wait_for_text(path: Path, text: str) -> None:
    deadline = time.monotonic() + 30
    while text not in path.read_text():
        assert time.monotonic() < deadline, path.read_text()
        time.sleep(0.1)


def stop(process: subprocess.Popen[bytes]) -> None:
    process.send_signal(signal.SIGINT)
    process.wait(30)


def background(line: str, cwd: Path, text: str) -> subprocess.Popen[bytes]:
    """Start a serving command and wait until it says `text`."""
    log = cwd / "log"
    with log.open("wb") as out:
        process = subprocess.Popen(command(line)[0], cwd=cwd, env=ENV, stdout=out, stderr=out)
    wait_for_text(log, text)
    return process


def _by_start(line: str) -> object:
    """What is only started and stopped is quick; a whole run over sockets takes half a minute."""
    started = line.startswith(("fireexit serve", "fireexit score", "python -m mock_exchange"))
    started = started or (line.startswith(LOCUST) and "--headless" not in line)
    return line if started else pytest.param(line, marks=pytest.mark.large)


@pytest.mark.realtime
@pytest.mark.parametrize("line", list(map(_by_start, SERVING)))
def test_serving_and_load_commands(line: str, tmp_path: Path) -> None:
    """Long-running ones are started, seen to work and stopped; ports are free ones instead of 8899."""
    if line.startswith(("fireexit serve", "fireexit score", "python -m mock_exchange")):
        free = line.replace("8899", "0")
        stop(background(free, tmp_path, "api_key" if "mock_exchange" in line else "API key"))
    elif "--host" in line:
        served = next(other for other in LINES if " serve " in other and "--accounts" in other)
        process = background(served.replace("8899", "0"), tmp_path, "API key")
        try:
            url = re.search(r"http://\S+", (tmp_path / "log").read_text())
            assert url
            judge(line.replace("http://127.0.0.1:8899", url[0]), tmp_path)
        finally:
            stop(process)
    elif line.startswith(LOCUST) and "--headless" not in line:
        page = f"{line} --web-port {free_port()} --web-host 127.0.0.1"
        stop(background(page, tmp_path, "Starting web interface"))
    else:
        for port in ("8898", "9646"):
            line = line.replace(port, str(free_port()))
        judge(line, tmp_path)


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def judge(line: str, cwd: Path) -> None:
    """Right, or inconclusive on this machine; never wrong."""
    arguments, status = command(line)
    result = subprocess.run(
        arguments, cwd=cwd, env=ENV, capture_output=True, text=True, timeout=300, check=False
    )
    allowed = {status, 3} | ({1} if line.startswith(LOCUST) else set())
    assert result.returncode in allowed, result.stderr
    assert "Traceback" not in result.stdout + result.stderr


def test_the_policy_in_the_architecture_page_is_a_policy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    (code,) = re.findall(r"```python\n(.*?)```", text, re.S)
    (tmp_path / "documented.py").write_text(code)
    monkeypatch.chdir(tmp_path)
    assert load_policy("documented:Mine")


def test_links_between_documents_lead_somewhere() -> None:
    for path in [
        ROOT / "README.md",
        *sorted((ROOT / "docs").glob("*.md")),
        *sorted((ROOT / "docs" / "runbooks").glob("*.md")),
        ROOT / "benchmarks" / "README.md",
    ]:
        for link in re.findall(r"\]\(([^)#]+)\)", path.read_text(encoding="utf-8")):
            assert "://" in link or (path.parent / link).exists(), f"{path.name}: {link}"
