"""Wrong usage is found before the first attempt: one clear line, status 2, no traceback."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest
import typer

from fireexit import __version__, commands
from fireexit.cli import COMMANDS
from fireexit.core import core
from loadgen.drive.target import check_target
from loadgen.scenarios import load_scenario
from mock_exchange.process import Listening
from tests.cli.support import command, fireexit, only_line
from tests.samples import sample


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["check", "--policy", "nope"], "unknown policy 'nope'; known: none, undifferentiated"),
        (["check", "--scenario", "nope"], "unknown scenario 'nope'; known: calm"),
        (["check", "--contract", "nope"], "unknown contract 'nope'; known: client-only, docs-2023-09-19"),
        (["check", "--mode", "dream"], "unknown mode 'dream'"),
        (["check", "--duration", "0"], "duration must be"),
        (["check", "--seed", "-1"], "seed must not be negative"),
        (["check", "--seed", "9" * 30], "seed must not be negative"),
        (["check", "--policy", ".a:b"], "cannot be loaded"),
        (["check", "--scenario", "poor.toml"], "poor.toml: its accounts and books cannot be set up"),
        (["check", "--scenario", "broken.toml"], "broken.toml is not valid TOML"),
        (["check", "--scenario", "absent.toml"], "cannot read scenario absent.toml"),
        (["check", "--out", "full"], "full is not empty"),
        (["check", "--host", "http://fapi.binance.com"], "belongs to an exchange"),
        (
            ["check", "--host", "http://fapi.binance.com", "--this-host-is-mine", "fapi.binance.com"],
            "belongs to",
        ),
        (["check", "--host", "http://no-such-host.invalid"], "cannot be resolved"),
        (["check", "--host", "http://127.0.0.1:9"], "--host needs --accounts"),
        (["check", "--host", "http://127.0.0.1:9", "--accounts", "bad.json"], "bad.json is malformed"),
        (["check", "--accounts", "bad.json"], "--accounts needs --host"),
        (["compare", "--policies", "exempt,nope"], "unknown policy 'nope'"),
        (["compare", "--policies", ","], "no policies to compare"),
        (["serve", "--policy", "nope"], "unknown policy"),
        (["serve", "--scenario", "nope"], "unknown scenario"),
    ],
)
def test_one_line_says_what_is_wrong(arguments: list[str], words: str, tmp_path: Path) -> None:
    (tmp_path / "broken.toml").write_text("schema = [")
    (tmp_path / "bad.json").write_text("{}")
    poor = load_scenario("mixed").source.replace('deposit = "3000000"', 'deposit = "1"')
    (tmp_path / "poor.toml").write_text(poor)
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "something").touch()
    result = fireexit(*arguments, cwd=tmp_path)
    assert result.returncode == 2
    assert words in only_line(result.stderr)
    assert not (tmp_path / "runs").exists()


def test_a_port_in_use(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        for option, others in (("--port", ()), ("--control-port", ("--port", "0"))):
            result = fireexit("serve", option, port, *others, cwd=tmp_path)
            assert result.returncode == 2
            told = only_line(result.stderr)
            assert f"cannot listen on port {port} of 127.0.0.1: Address already in use" in told
            assert told.endswith(f"choose another with {option}")


def test_a_journal_that_cannot_be_written(tmp_path: Path) -> None:
    result = fireexit("serve", "--port", "0", "--journal", "no-folder/journal.jsonl", cwd=tmp_path)
    assert result.returncode == 2
    assert "cannot write no-folder/journal.jsonl: No such file or directory" in only_line(result.stderr)


def test_an_ipv6_address_is_written_so_that_it_can_be_used() -> None:
    assert Listening("::1", 8899, 1, "").url == "http://[::1]:8899"
    assert check_target("http://[::1]:8899").authority == "[::1]:8899"
    assert check_target("http://127.0.0.1:8899").authority == "127.0.0.1:8899"


def test_a_dead_host(tmp_path: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    accounts = tmp_path / "accounts.json"
    accounts.write_text('{"schema": "fireexit.accounts/1", "control": null, "accounts": []}')
    result = fireexit(
        "check", "--host", f"http://127.0.0.1:{port}", "--accounts", str(accounts), cwd=tmp_path
    )
    assert result.returncode == 2
    assert "nothing answers" in only_line(result.stderr)


def test_unknown_options_and_commands(tmp_path: Path) -> None:
    assert fireexit("check", "--nope", cwd=tmp_path).returncode == 2
    assert fireexit("nope", cwd=tmp_path).returncode == 2
    assert "Did you mean 'check', 'schema'?" in fireexit("chek", cwd=tmp_path).stderr


def test_the_help_lists_every_command_with_its_first_line(tmp_path: Path) -> None:
    """It is written down beside their names, so that the help of all has to read none of them."""
    found = {}
    for path in Path(commands.__file__).parent.glob("*.py"):
        file = import_module(f"fireexit.commands.{path.stem}")
        for name, one in typer.main.get_group(getattr(file, "commands", typer.Typer())).commands.items():
            found[name] = path.stem, (one.help or "").strip()
    assert found == COMMANDS
    told = fireexit("--help", cwd=tmp_path).stdout
    assert all(f"  {name} " in told for name in COMMANDS)


@pytest.mark.parametrize("heavy", ["rich.console", "msgspec", "orjson", "hashlib", "run_records.lines"])
def test_the_help_reads_nothing_that_it_does_not_need(heavy: str) -> None:
    code = "from fireexit.cli import main; import sys; sys.argv = ['fireexit', '--help']; main()"
    code = f"import sys, atexit; atexit.register(lambda: print({heavy!r} in sys.modules)); {code}"
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert told.stdout.splitlines()[-1] == "False"


def test_version_and_lists(tmp_path: Path) -> None:
    assert fireexit("--version", cwd=tmp_path).stdout == f"fireexit {__version__} ({core()})\n"
    for name, expected in (
        ("scenarios", "deep-gate"),
        ("policies", "strict-priority"),
        ("contracts", "docs-2025-10-23"),
    ):
        result = fireexit(name, cwd=tmp_path)
        assert result.returncode == 0
        assert any(line.startswith(expected) and len(line) > 40 for line in result.stdout.splitlines())


@pytest.mark.parametrize(
    "module", ["fireexit.cli", "fireexit.serve", "loadgen.drive.simulation", "mock_exchange.process"]
)
def test_heavy_libraries_are_not_imported_for_what_does_not_need_them(module: str) -> None:
    code = (
        f"import sys, {module}; heavy = {{'locust', 'gevent', 'scipy.stats'}} & set(sys.modules); "
        "sys.exit(', '.join(heavy) or None)"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr


def test_a_policy_that_fails_is_named_with_its_error(tmp_path: Path) -> None:
    sample("looks_up.py", tmp_path, "bad.py")
    result = fireexit("check", "--mode", "sim", "--duration", "1", "--policy", "bad:LooksUp", cwd=tmp_path)
    assert result.returncode == 2
    assert result.stderr.strip().splitlines()[-1] == (
        "fireexit: policy bad:LooksUp failed: admit() raised KeyError: 'oops' (bad.py, line 10)"
    )


def test_a_policy_that_fails_before_the_first_request_is_named(tmp_path: Path) -> None:
    code = (
        "class X:\n def attach(self, world): raise ValueError('no')\n def admit(self, request, node): pass\n"
    )
    (tmp_path / "bad.py").write_text(code)
    for asked in (
        ("check", "--mode", "sim", "--policy", "bad.py"),
        ("serve", "--port", "0", "--policy", "bad.py"),
        ("compare", "--policies", "bad.py"),
    ):
        result = fireexit(*asked, cwd=tmp_path)
        assert (result.returncode, result.stdout) == (2, "")
        last = result.stderr.strip().splitlines()[-1]
        assert last.startswith("fireexit: policy bad.py failed: attach() raised ValueError: no")


def test_of_several_policies_the_one_that_fails_is_named(tmp_path: Path) -> None:
    sample("looks_up.py", tmp_path, "bad.py")
    named = ("--policies", "exempt,bad.py", "--scenarios", "mixed", "--quick", "--duration", "1")
    result = fireexit("compare", *named, cwd=tmp_path)
    assert result.returncode == 2
    assert "fireexit: policy bad.py failed: admit() raised KeyError" in result.stderr.splitlines()[-1]


def test_interrupting_a_simulation(tmp_path: Path) -> None:
    process = subprocess.Popen(
        [*command("check", "--mode", "sim", "--out", "run")],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert process.stderr is not None
    first = process.stderr.readline()
    os.killpg(process.pid, signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert (first, process.returncode, out) == ("simulating: 5%\n", 130, "")
    assert err.strip().splitlines()[-1] == "fireexit: interrupted; the partial run is marked aborted"
    assert "Traceback" not in err
    assert json.loads((tmp_path / "run" / "run.json").read_text())["state"] == "aborted"
