"""Unmodified ccxt against the exchange: it trades, and meets refusals as the classes it really raises."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from loadgen.drive.venue_process import VenueProcess
from loadgen.scenarios import load_scenario
from mock_exchange.plan import access_for
from tests.clients.environment import HERE, python_with

# ccxt looks futures codes up only for URLs of the real venue; elsewhere they are plain ExchangeErrors
PLAIN = {
    "-4118": "ExchangeError",
    "-2022": "ExchangeError",
    "-2019": "ExchangeError",
    "-1008": "ExchangeError",
    "-1121": "BadSymbol",
    "-1021": "InvalidNonce",
    "-1022": "AuthenticationError",
}
MAPPED = {
    "-4118": "OperationRejected",
    "-2022": "InvalidOrder",
    "-2019": "InsufficientFunds",
    "-1008": "OperationFailed",
    "-1121": "BadSymbol",
    "-1021": "InvalidNonce",
    "-1022": "AuthenticationError",
}


@pytest.fixture(scope="module")
def day(tmp_path_factory: pytest.TempPathFactory) -> Any:
    folder: Path = tmp_path_factory.mktemp("ccxt")
    python = python_with("ccxt")
    scenario = load_scenario("mixed")
    plan = scenario.plan("none", 1, simulated=False)
    trader = next(a for a in access_for(plan) if a.account.startswith("opening-flood"))
    venue = VenueProcess(plan, folder, folder / "journal.jsonl")
    try:
        command: list[str | Path] = [python, HERE / "ccxt_rest_day.py", venue.url, trader.api_key]
        command += [trader.secret, str(venue.control.port), venue.control.token]
        result = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    finally:
        venue.stop()
    assert result.returncode == 0, result.stderr[-2000:]
    return json.loads(result.stdout)


def test_it_trades(day: dict[str, Any]) -> None:
    assert "BTC/USDT:USDT" in day["markets"]
    assert day["depth"] == [5, True]
    assert (day["placed"], day["queried"], day["open"], day["canceled"]) == ("open", "open", True, "canceled")
    assert (day["batch"], day["left"]) == (["open", "open"], 0)
    assert (day["bought"], day["position"], day["closed"], day["flat"]) == (0.01, [0.01], 0.01, [])
    assert 999_000 < day["balance"] < 1_000_000


@pytest.mark.parametrize(("how", "classes"), [("plain", PLAIN), ("mapped", MAPPED)])
def test_refusals_arrive_as_ccxt_classes(day: dict[str, Any], how: str, classes: dict[str, str]) -> None:
    found = day[how]
    assert {code: seen[0] for code, seen in found.items()} == classes
    for code, (_, message) in found.items():
        assert f'"code":{code}' in message


def test_closing_goes_through_while_opening_is_shed(day: dict[str, Any]) -> None:
    assert day["exit_under_overload"] == "closed"
