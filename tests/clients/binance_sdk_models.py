"""Answers of the exchange held against the response models of the venue's SDK: keys and JSON types.
Runs in the SDK's environment; prints, for each endpoint, what is missing, of another type, or unknown there.

usage: binance_sdk_models.py JSON
"""

from __future__ import annotations

import hashlib
import hmac
import json
import sys
import time
import typing
import urllib.error
import urllib.parse
import urllib.request
from typing import Any

from binance_sdk_derivatives_trading_usds_futures.rest_api import models
from pydantic import BaseModel

VENUE = json.loads(sys.argv[1])
OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))
ORDER = {
    "symbol": "BTCUSDT",
    "side": "BUY",
    "type": "LIMIT",
    "timeInForce": "GTC",
    "quantity": "0.01",
    "price": "112000.00",
}
TAKER = {**ORDER, "price": "113500.00", "timeInForce": "IOC"}


def call(method: Any, path: Any, **params: Any) -> Any:
    text = urllib.parse.urlencode({**params, "timestamp": int(time.time() * 1000)})
    text += "&signature=" + hmac.new(VENUE["secret"].encode(), text.encode(), hashlib.sha256).hexdigest()
    request = urllib.request.Request(f"{VENUE['url']}{path}?{text}", headers={"X-MBX-APIKEY": VENUE["key"]})
    request.method = method
    try:
        return json.load(OPENER.open(request, timeout=10))
    except urllib.error.HTTPError as error:
        raise SystemExit(f"{method} {path}: {error.read().decode()}") from None


def accepts(annotation: Any, value: Any) -> Any:
    """Whether a JSON value has the type that a model's field is annotated with."""
    kinds = {str: "str", int: "int", bool: "bool", float: "float"}
    text = str(annotation)
    found = kinds.get(type(value))
    if found is None:
        return True  # lists and objects are compared by their own fields
    if found == "int":
        return "StrictInt" in text or "'int'" in text or "int" in text
    return found.capitalize() in text or found in text


def inner_model(annotation: Any) -> Any:
    """The model inside Optional[List[Model]] and the like, if there is one."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    for part in typing.get_args(annotation):
        model = inner_model(part)
        if model is not None:
            return model
    return None


def compare(model: Any, row: Any, report: Any, prefix: str = "") -> None:
    names = set()
    for field_name, field in model.model_fields.items():
        if field_name == "additional_properties":
            continue
        name = field.alias or field_name
        names.add(name)
        if name not in row:
            report["missing"].add(prefix + name)
            continue
        value = row[name]
        if not accepts(field.annotation, value):
            report["wrong"].add(f"{prefix}{name}: {type(value).__name__}")
        inside = inner_model(field.annotation)
        if inside is not None:
            for item in value if isinstance(value, list) else [value]:
                compare(inside, item, report, f"{prefix}{name}.")
    report["extra"] |= {prefix + name for name in row if name not in names}


def check(seen: Any, title: Any, model_name: Any, answer: Any) -> None:
    model = getattr(models, model_name)
    report = seen.setdefault(title, {"missing": set(), "wrong": set(), "extra": set()})
    rows = answer if isinstance(answer, list) else [answer]
    assert rows, f"{title} has nothing to compare"
    for row in rows:
        compare(model, row, report)


def public(seen: Any) -> None:
    for path, model, params in (
        ("v1/time", "CheckServerTimeResponse", {}),
        ("v1/exchangeInfo", "ExchangeInformationResponse", {}),
        ("v1/depth", "OrderBookResponse", {"symbol": "BTCUSDT"}),
        ("v1/trades", "RecentTradesListResponseInner", {"symbol": "BTCUSDT"}),
        ("v1/aggTrades", "CompressedAggregateTradesListResponseInner", {"symbol": "BTCUSDT"}),
        ("v1/premiumIndex", "MarkPriceResponse1", {"symbol": "BTCUSDT"}),
        ("v1/fundingInfo", "GetFundingRateInfoResponseInner", {}),
        ("v1/ticker/24hr", "Ticker24hrPriceChangeStatisticsResponse1", {"symbol": "BTCUSDT"}),
        ("v1/ticker/price", "SymbolPriceTickerResponse1", {"symbol": "BTCUSDT"}),
        ("v2/ticker/price", "SymbolPriceTickerV2Response1", {"symbol": "BTCUSDT"}),
        ("v1/ticker/bookTicker", "SymbolOrderBookTickerResponse1", {"symbol": "BTCUSDT"}),
        ("v1/openInterest", "OpenInterestResponse", {"symbol": "BTCUSDT"}),
        ("v1/insuranceBalance", "QueryInsuranceFundBalanceSnapshotResponse1", {}),
    ):
        check(seen, f"GET /fapi/{path}", model, call("GET", f"/fapi/{path}", **params))


def orders(seen: Any) -> None:
    placed = call("POST", "/fapi/v1/order", **ORDER)
    check(seen, "POST /fapi/v1/order", "NewOrderResponse", placed)
    one = {"symbol": "BTCUSDT", "orderId": placed["orderId"]}
    changed = call("PUT", "/fapi/v1/order", **one, side="BUY", quantity="0.02", price="112000.00")
    check(seen, "PUT /fapi/v1/order", "ModifyOrderResponse", changed)
    for path, model in (
        ("order", "QueryOrderResponse"),
        ("openOrder", "QueryCurrentOpenOrderResponse"),
        ("openOrders", "CurrentAllOpenOrdersResponseInner"),
        ("allOrders", "AllOrdersResponseInner"),
        ("orderAmendment", "GetOrderModifyHistoryResponseInner"),
    ):
        params = one if path in ("order", "openOrder") else {"symbol": "BTCUSDT"}
        check(seen, f"GET /fapi/v1/{path}", model, call("GET", f"/fapi/v1/{path}", **params))
    check(seen, "DELETE /fapi/v1/order", "CancelOrderResponse", call("DELETE", "/fapi/v1/order", **one))
    legs = json.dumps([ORDER, {**ORDER, "side": "NO"}])
    answers = call("POST", "/fapi/v1/batchOrders", batchOrders=legs)
    check(seen, "POST /fapi/v1/batchOrders", "PlaceMultipleOrdersResponseInner", answers[:1])
    ids = json.dumps([answers[0]["orderId"]])
    answers = call("DELETE", "/fapi/v1/batchOrders", symbol="BTCUSDT", orderIdList=ids)
    check(seen, "DELETE /fapi/v1/batchOrders", "CancelMultipleOrdersResponseInner", answers)
    check(
        seen,
        "DELETE /fapi/v1/allOpenOrders",
        "CancelAllOpenOrdersResponse",
        call("DELETE", "/fapi/v1/allOpenOrders", symbol="BTCUSDT"),
    )
    check(
        seen,
        "POST /fapi/v1/countdownCancelAll",
        "AutoCancelAllOpenOrdersResponse",
        call("POST", "/fapi/v1/countdownCancelAll", symbol="BTCUSDT", countdownTime=0),
    )


def account(seen: Any) -> None:
    for path, model, params in (
        ("v1/userTrades", "AccountTradeListResponseInner", {"symbol": "BTCUSDT"}),
        ("v1/income", "GetIncomeHistoryResponseInner", {}),
        ("v2/positionRisk", "PositionInformationV2ResponseInner", {}),
        ("v3/positionRisk", "PositionInformationV3ResponseInner", {}),
        ("v2/account", "AccountInformationV2Response", {}),
        ("v3/account", "AccountInformationV3Response", {}),
        ("v2/balance", "FuturesAccountBalanceV2ResponseInner", {}),
        ("v3/balance", "FuturesAccountBalanceV3Response", {}),
        ("v1/accountConfig", "FuturesAccountConfigurationResponse", {}),
        ("v1/symbolConfig", "SymbolConfigurationResponseInner", {}),
        ("v1/commissionRate", "UserCommissionRateResponse", {"symbol": "BTCUSDT"}),
        ("v1/leverageBracket", "NotionalAndLeverageBracketsResponse1Inner", {"symbol": "BTCUSDT"}),
        ("v1/positionSide/dual", "GetCurrentPositionModeResponse", {}),
        ("v1/multiAssetsMargin", "GetCurrentMultiAssetsModeResponse", {}),
        ("v1/rateLimit/order", "QueryUserRateLimitResponseInner", {}),
    ):
        check(seen, f"GET /fapi/{path}", model, call("GET", f"/fapi/{path}", **params))
    check(
        seen,
        "POST /fapi/v1/leverage",
        "ChangeInitialLeverageResponse",
        call("POST", "/fapi/v1/leverage", symbol="BTCUSDT", leverage=10),
    )
    check(seen, "POST /fapi/v1/listenKey", "StartUserDataStreamResponse", call("POST", "/fapi/v1/listenKey"))
    check(
        seen, "PUT /fapi/v1/listenKey", "KeepaliveUserDataStreamResponse", call("PUT", "/fapi/v1/listenKey")
    )


def control(path: Any, **body: Any) -> None:
    request = urllib.request.Request(
        VENUE["control"] + path, json.dumps(body).encode(), {"X-Fireexit-Token": VENUE["token"]}
    )
    OPENER.open(request, timeout=10).read()


def liquidated(seen: Any) -> None:
    """Too large a position, and a price that falls until it is gone."""
    control("/transfer", account=VENUE["account"], amount="-98000")
    call("POST", "/fapi/v1/order", **{**TAKER, "quantity": "0.1"})
    for price in ("92000.00", "91900.00"):
        control("/price", symbol="BTCUSDT", price=price)
    check(
        seen, "GET /fapi/v1/forceOrders", "UsersForceOrdersResponseInner", call("GET", "/fapi/v1/forceOrders")
    )
    check(
        seen,
        "POST /fapi/v1/positionSide/dual",
        "ChangePositionModeResponse",
        call("POST", "/fapi/v1/positionSide/dual", dualSidePosition="true"),
    )


def main() -> None:
    seen: dict[Any, Any] = {}
    call("POST", "/fapi/v1/order", **TAKER)
    public(seen)
    orders(seen)
    account(seen)
    liquidated(seen)
    print(
        json.dumps(
            {title: {kind: sorted(names) for kind, names in row.items()} for title, row in seen.items()}
        )
    )


main()
