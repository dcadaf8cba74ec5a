"""Unmodified third-party clients live a trading day on the exchange; what they saw, and what the exchange
says at the end, must agree."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from fireexit.exchange import Exchange
from tests.clients.environment import HERE, node_modules, python_with

INCIDENT = "2025-10-10"
UNKNOWN = "Unknown error, please check your request or try again later."
OVERLOADED = "Server is currently overloaded with other requests"

# How each library shows a shed order and an answer of unknown fate: (class, what its text contains)
DAYS = {
    "ccxt_pro": (("ExchangeError", "-1008"), ("ExchangeNotAvailable", UNKNOWN)),
    "binance_futures_connector": (("ServerError", "-1008"), ("ServerError", UNKNOWN)),
    # it throws body and code away: shed and unknown look the same
    "binance_sdk": (("ServerError", "Server error: 503"), ("ServerError", "Server error: 503")),
    "python_binance": (("BinanceAPIException", "-1008"), ("BinanceAPIException", "APIError(code=None)")),
}
MOST_BY_THE_LIBRARY = 0.01
LOCKS = {"ccxt_pro": "ccxt"}


def live(
    command: list[str | Path], environment: dict[str, str] | None = None
) -> tuple[dict[str, Any], dict[str, Any]]:
    """What a client saw in its day, and the exchange's own record of the account afterwards."""
    with Exchange(epoch=INCIDENT) as venue:
        control = venue._process.control
        where = {
            "url": venue.url,
            "ws_url": venue.ws_url,
            "key": venue.api_key,
            "secret": venue.secret,
            "account": venue.accounts[0].account,
            "control_port": control.port,
            "token": control.token,
        }
        result = subprocess.run(
            [*command, json.dumps(where)],
            capture_output=True,
            text=True,
            timeout=180,
            check=False,
            env={**os.environ, **(environment or {})},
        )
        assert result.returncode == 0, result.stderr[-3000:]
        assert share_of_the_library(venue) <= MOST_BY_THE_LIBRARY
        snapshot = venue.snapshot()
        assert snapshot["money_conserved"]
        return json.loads(result.stdout.splitlines()[-1]), snapshot["accounts"][where["account"]]


def share_of_the_library(venue: Exchange) -> float:
    """Of all requests, those whose connections the lane had handed over: they are answered, but slowly."""
    counted = venue._ask("GET", "/status", None)
    assert counted["requests"] > 20
    return float(counted["requests_by_library"] / counted["requests"])


def check(
    seen: dict[str, Any], account: dict[str, Any], shed: tuple[str, str], unknown: tuple[str, str]
) -> None:
    assert seen["connected"]
    assert (seen["book"], seen["book_later"]) == (True, True), "the local book and REST differ"
    assert (seen["amended"], seen["canceled"]) == ([112500.0, 0.02], "CANCELED")
    assert seen["position"] == 0.01
    for found, wanted in ((seen["overload"]["shed"], shed), (seen["unknown"]["error"], unknown)):
        assert found[0] == wanted[0]
        assert wanted[1] in found[1]
    assert seen["overload"]["reducing"] is None, "a reducing order was shed"
    assert (seen["unknown"]["found"], seen["unknown"]["left"]) == (1, 0)
    assert seen["stop"] == {
        "waiting": ["NEW", "STOP_MARKET"],
        "done": ["FILLED", "STOP_MARKET"],
        "position": 0.01,
    }
    assert (seen["liquidated"]["execution"], seen["liquidated"]["type"]) == ("CALCULATED", "LIMIT")
    assert seen["liquidated"]["forced"] >= 1
    assert seen["kinds"] == ["AMENDMENT", "CALCULATED", "CANCELED", "EXPIRED", "NEW", "TRADE"]
    assert seen["end"]["open"] == account["open_orders"] == 0
    assert (seen["end"]["position"], account["positions"]) == (0, [])
    assert seen["end"]["wallet"] == account["wallet"]


@pytest.mark.parametrize("client", DAYS)
def test_a_day_with(client: str) -> None:
    python = python_with(LOCKS.get(client, client))
    check(*live([python, HERE / f"{client}_day.py"]), *DAYS[client])


@pytest.mark.large
def test_a_day_with_javascript() -> None:
    node = shutil.which("node")
    assert node, "node is missing: install nodejs and npm"
    modules = node_modules()
    seen, account = live([node, HERE / "js" / "day.js"], {"NODE_PATH": str(modules)})
    check(seen, account, ("-1008", OVERLOADED), ("none", UNKNOWN))
