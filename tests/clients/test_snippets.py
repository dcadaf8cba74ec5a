"""Every snippet of `docs/point-your-bot-here.md` runs as it stands, keys and port replaced."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import urllib.request
from pathlib import Path
from typing import Any

import pytest

from fireexit.exchange import Exchange
from tests.clients.environment import node_modules, python_with

PAGE = (Path(__file__).parents[2] / "docs" / "point-your-bot-here.md").read_text(encoding="utf-8")
SNIPPETS = re.findall(r"```python\n# (\w+)\n(.*?)```", PAGE, re.S)
JAVASCRIPT = re.findall(r"```javascript\n(.*?)```", PAGE, re.S)


def filled_in(text: str, venue: Exchange) -> str:
    address = venue.url.removeprefix("http://")
    for old, new in (("127.0.0.1:8899", address), ("KEY", venue.api_key), ("SECRET", venue.secret)):
        text = re.sub(rf"(?<![A-Z_]){re.escape(old)}(?![A-Z_])", new, text)
    return text


def run(command: list[str | Path], cwd: Path, **environment: str) -> str:
    result = subprocess.run(
        command,
        cwd=cwd,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        env={**os.environ, **environment},
    )
    assert result.returncode == 0, result.stderr[-3000:]
    return result.stdout


def test_the_page_has_a_snippet_for_every_library() -> None:
    assert [name for name, _ in SNIPPETS] == [
        "ccxt",
        "ccxt",
        "binance_sdk",
        "binance_futures_connector",
        "python_binance",
        "pytest",
        "fireexit",
    ]
    assert len(JAVASCRIPT) == 1


@pytest.mark.parametrize("number", range(len(SNIPPETS)), ids=[name for name, _ in SNIPPETS])
def test_python(number: int, tmp_path: Path) -> None:
    name, text = SNIPPETS[number]
    if name == "pytest":
        (tmp_path / "test_mine.py").write_text(text)
        assert "2 passed" in run([sys.executable, "-m", "pytest", "-q", "-p", "no:locust", "."], tmp_path)
        return
    if name == "fireexit":
        assert "http://" in run([sys.executable, "-c", text], tmp_path)
        return
    with Exchange() as venue:
        said = run([python_with(name), "-c", filled_in(text, venue)], tmp_path)
        assert said
        traded = venue.snapshot()["accounts"]["guest-0"]["open_orders"]
        assert traded == ("create_order" in text or "new_order" in text)


def test_the_command_that_starts_it(tmp_path: Path) -> None:
    line, curl = re.findall(r"```bash\n(.*?)\n```", PAGE, re.S)
    arguments = line.replace("8899", "0").split()
    assert arguments[0] == "python"
    process = subprocess.Popen([sys.executable, *arguments[1:]], cwd=tmp_path, stdout=subprocess.PIPE)
    assert process.stdout is not None
    said = json.loads(process.stdout.readline())
    assert said["accounts"][0]["api_key"]
    filled = curl.replace(": TOKEN", ": " + said["token"]).replace("CONTROL", str(said["control_port"]))
    assert like_curl(filled)["symbol"] == "BTCUSDT"
    process.terminate()
    assert process.wait(20) == 0


def like_curl(line: str) -> Any:
    """What `curl -s -H HEADER -d DATA URL` asks, without curl, which a fresh machine may lack."""
    program, silent, _, header, _, data, url = shlex.split(line)
    assert (program, silent) == ("curl", "-s")
    name, _, value = header.partition(": ")
    with urllib.request.urlopen(
        urllib.request.Request(url, data.encode(), {name: value}), timeout=10
    ) as answer:
        return json.loads(answer.read())


@pytest.mark.large
def test_javascript(tmp_path: Path) -> None:
    node = shutil.which("node")
    assert node, "node is missing: install nodejs and npm"
    modules = node_modules()
    with Exchange() as venue:
        assert "NEW" in run([node, "-e", filled_in(JAVASCRIPT[0], venue)], tmp_path, NODE_PATH=str(modules))
