"""The venue as a library and as a pytest fixture."""

from __future__ import annotations

import http.client
import json
import ssl
import subprocess
import sys
import time
import urllib.parse
from pathlib import Path
from typing import Any

import pytest

from fireexit.exchange import Exchange, ExchangeError
from mock_exchange.gateway.authentication import Signature
from mock_exchange.replay import replay_file

ORDER = {
    "symbol": "BTCUSDT",
    "side": "BUY",
    "type": "LIMIT",
    "timeInForce": "GTC",
    "quantity": "0.01",
    "price": "112000.00",
}


def send(venue: Exchange, method: str, path: str, timeout: Any = 10, **params: str) -> tuple[int, Any]:
    """A signed request, over TLS if the venue speaks it."""
    where = urllib.parse.urlsplit(venue.url)
    text = urllib.parse.urlencode({**params, "timestamp": int(time.time() * 1000)})
    text += f"&signature={Signature(venue.secret).sign(text.encode())}"
    connection: http.client.HTTPConnection
    if where.scheme == "https":
        context = ssl.create_default_context(cafile=str(venue.ca_file))
        connection = http.client.HTTPSConnection(where.netloc, context=context, timeout=timeout)
    else:
        connection = http.client.HTTPConnection(where.netloc, timeout=timeout)
    connection.request(method, f"{path}?{text}", headers={"X-MBX-APIKEY": venue.api_key})
    response = connection.getresponse()
    return response.status, json.loads(response.read())


def test_a_fixture_is_one_line(fireexit_exchange: Exchange) -> None:
    assert send(fireexit_exchange, "POST", "/fapi/v1/order", **ORDER)[0] == 200


def test_each_test_finds_the_venue_as_new(fireexit_exchange: Exchange) -> None:
    assert send(fireexit_exchange, "GET", "/fapi/v1/openOrders") == (200, [])


def test_an_answer_can_be_lost_once(fireexit_exchange: Exchange) -> None:
    fireexit_exchange.fault("answer-lost")
    assert send(fireexit_exchange, "POST", "/fapi/v1/order", **ORDER)[0] == 503
    assert send(fireexit_exchange, "POST", "/fapi/v1/order", **ORDER)[0] == 200
    assert len(send(fireexit_exchange, "GET", "/fapi/v1/openOrders")[1]) == 2


@pytest.mark.fireexit(tls=True, epoch="2025-10-10", deposit_usdt=1000)
def test_options_and_tls(fireexit_exchange: Exchange) -> None:
    assert fireexit_exchange.url.startswith("https://")
    stop = {
        "symbol": "BTCUSDT",
        "side": "BUY",
        "type": "STOP_MARKET",
        "stopPrice": "115000",
        "quantity": "0.01",
    }
    assert send(fireexit_exchange, "POST", "/fapi/v1/order", **stop)[0] == 200
    assert send(fireexit_exchange, "GET", "/fapi/v3/balance")[1][0]["balance"] == "1000.00000000"


def test_a_price_that_falls_liquidates(fireexit_exchange: Exchange) -> None:
    venue = fireexit_exchange
    venue.transfer("guest-0", "-99000")
    bought = {**ORDER, "quantity": "0.1", "price": "113100.00"}
    assert send(venue, "POST", "/fapi/v1/order", **bought)[0] == 200
    for price in ("103000.00", "102900.00"):
        venue.set_price("BTCUSDT", price)
    snapshot = venue.snapshot()
    assert snapshot["accounts"]["guest-0"]["positions"] == []
    assert snapshot["money_conserved"]
    assert send(venue, "GET", "/fapi/v1/forceOrders")[1]


def test_a_journal_on_disk_rebuilds_the_state() -> None:
    with Exchange() as venue:
        send(venue, "POST", "/fapi/v1/order", **ORDER)
        venue.reset()
        send(venue, "POST", "/fapi/v1/order", **ORDER)
        send(venue, "POST", "/fapi/v1/order", **{**ORDER, "price": "113500.00"})
        venue.set_price("ETHUSDT", "3900.00")
        wanted = venue.snapshot()["state_hash"]
        until = time.monotonic() + 10  # the journal is written when the exchange gets round to it
        while (found := replay_file(venue.journal).state_hash()) != wanted and time.monotonic() < until:
            time.sleep(0.02)
        assert found == wanted


def test_an_overload_sheds_openings_and_ends(fireexit_exchange: Exchange) -> None:
    import concurrent.futures

    fireexit_exchange.overload(policy="exempt", slots=1, handling_ms=400)
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        tries = [pool.submit(send, fireexit_exchange, "POST", "/fapi/v1/order", **ORDER) for _ in range(4)]
        codes = sorted(answer.result()[1].get("code", 0) for answer in tries)
    assert codes == [-1008, -1008, -1008, 0]
    fireexit_exchange.calm()
    assert send(fireexit_exchange, "POST", "/fapi/v1/order", **ORDER)[0] == 200


def test_what_it_refuses_is_one_line() -> None:
    with pytest.raises(ValueError, match="epoch"):
        Exchange(epoch="1999")
    with Exchange() as venue, pytest.raises(ExchangeError, match="unknown symbol"):
        venue.set_price("NOPE", "1")


@pytest.mark.parametrize(
    "arguments",
    [
        ["--plan", "missing.json"],
        ["--policy", "nope"],
        ["--accounts", "0"],
        ["--tls-cert", "a.pem"],
        ["--tls-cert", "a.pem", "--tls-key", "b.pem"],
        ["--port", "70000"],
    ],
)
def test_bad_arguments_of_the_module_are_one_line(arguments: list[str], tmp_path: Path) -> None:
    result = subprocess.run(
        [sys.executable, "-m", "mock_exchange", *arguments],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        timeout=60,
        check=False,
    )
    assert result.returncode == 2
    assert result.stderr.startswith("mock_exchange: ")
    assert result.stderr.count("\n") == 1


def test_the_module_says_where_it_is_and_who_may_trade(tmp_path: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "mock_exchange", "--accounts", "3", "--exit-with-parent"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=tmp_path,
    )
    assert process.stdout is not None
    assert process.stdin is not None
    said = json.loads(process.stdout.readline())
    assert [row["account"] for row in said["accounts"]] == ["guest-0", "guest-1", "guest-2"]
    process.stdin.close()
    assert process.wait(20) == 0
    assert list(Path(tmp_path).iterdir()) == []


def test_a_test_may_end_in_the_middle_of_an_overload(fireexit_exchange: Exchange) -> None:
    fireexit_exchange.overload(handling_ms=60_000)
    with pytest.raises(TimeoutError):
        send(fireexit_exchange, "POST", "/fapi/v1/order", timeout=0.2, **ORDER)


def test_and_the_next_one_is_not_hurt(fireexit_exchange: Exchange) -> None:
    assert send(fireexit_exchange, "POST", "/fapi/v1/order", **ORDER)[0] == 200
