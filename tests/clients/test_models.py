"""Response keys and JSON types against the models of the venue's own SDK.

The models leave out keys that the venue's documents show (and older clients read), and list some that
only other contracts or trailing orders have; both are named here, so that nothing else slips in.
"""

from __future__ import annotations

import json
import subprocess
from typing import Any

import pytest

from fireexit.exchange import Exchange
from tests.clients.environment import HERE, python_with

TRAILING = {"activatePrice", "priceRate"}
RESULT_ONLY = {"avgPrice", "cumQuote"}
FILTERS = {
    f"symbols.filters.{name}"
    for name in (
        "limit",
        "maxPrice",
        "maxQty",
        "minPrice",
        "minQty",
        "multiplierDecimal",
        "multiplierDown",
        "multiplierUp",
        "notional",
        "stepSize",
        "tickSize",
    )
}
MISSING = {
    "GET /fapi/v1/exchangeInfo": FILTERS | {"symbols.settlePlan"},  # each filter has some of the keys
    "PUT /fapi/v1/order": {"modifyId"},
    "GET /fapi/v1/orderAmendment": {"amendment.modifyId"},
    "GET /fapi/v1/order": TRAILING,
    "GET /fapi/v1/openOrder": TRAILING,
    "GET /fapi/v1/openOrders": TRAILING,
    "GET /fapi/v1/allOrders": TRAILING | {"cumBase", "pair"},
    "DELETE /fapi/v1/order": TRAILING,
    "POST /fapi/v1/batchOrders": {"code", "msg"},  # of legs that failed
    "DELETE /fapi/v1/batchOrders": TRAILING | {"code", "msg"},
    "GET /fapi/v1/userTrades": {"baseQty", "marginAsset", "pair"},
    "GET /fapi/v1/leverageBracket": {"notionalCoef"},  # of accounts with a coefficient of their own
    "GET /fapi/v1/forceOrders": {"cumBase", "pair"},
}
EXTRA = {
    "GET /fapi/v1/exchangeInfo": {"futuresType", "symbols.maxMoveOrderLimit"},
    "GET /fapi/v1/ticker/bookTicker": {"lastUpdateId"},
    "POST /fapi/v1/order": RESULT_ONLY,
    "PUT /fapi/v1/order": RESULT_ONLY | {"cumBase"},
    "DELETE /fapi/v1/order": RESULT_ONLY,
    "POST /fapi/v1/batchOrders": RESULT_ONLY,
    "DELETE /fapi/v1/batchOrders": RESULT_ONLY,
}


@pytest.fixture(scope="module")
def compared() -> Any:
    with Exchange() as venue:
        control = venue._process.control
        where = {
            "url": venue.url,
            "key": venue.api_key,
            "secret": venue.secret,
            "account": venue.accounts[0].account,
            "control": f"http://127.0.0.1:{control.port}",
            "token": control.token,
        }
        result = subprocess.run(
            [python_with("binance_sdk"), HERE / "binance_sdk_models.py", json.dumps(where)],
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
    assert result.returncode == 0, result.stderr[-2000:]
    return json.loads(result.stdout)


def test_types_agree(compared: dict[str, dict[str, list[Any]]]) -> None:
    assert len(compared) >= 42
    assert {title: row["wrong"] for title, row in compared.items() if row["wrong"]} == {}


@pytest.mark.parametrize(("kind", "known"), [("missing", MISSING), ("extra", EXTRA)])
def test_keys_agree_but_for_the_known_ones(
    compared: dict[str, dict[str, list[Any]]], kind: str, known: dict[str, set[str]]
) -> None:
    assert {title: set(row[kind]) for title, row in compared.items() if row[kind]} == known
