"""Every endpoint answers from the venue's state, and each documented mistake has its code."""

from __future__ import annotations

import base64
import itertools
import re
import urllib.parse
from typing import Any

import aiohttp
import orjson
import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ed25519, padding, rsa

from mock_exchange.engine.marking import next_funding
from mock_exchange.errors import EPOCHS, error_table
from mock_exchange.gateway.endpoints import params_of
from mock_exchange.wire.routes import ROUTES
from tests.support import proves
from tests.wire.served import Exchange, exchange

INCIDENT = "2025-10-10"
LIMIT = {
    "symbol": "BTCUSDT",
    "side": "BUY",
    "type": "LIMIT",
    "timeInForce": "GTC",
    "quantity": "0.5",
    "price": "99000.00",
}


async def get(venue: Exchange, path: str, **params: Any) -> Any:
    status, body, _ = await venue.send("GET", f"/fapi/{path}", **params)
    assert status == 200, body
    return body


async def buy(
    venue: Exchange, quantity: str = "0.5", price: str = "100001.00", account: Any = 0, **more: str
) -> Any:
    _, body, _ = await venue.send(
        "POST",
        "/fapi/v1/order",
        account,
        **{**LIMIT, "quantity": quantity, "price": price, **more},
        newOrderRespType="RESULT",
    )
    return body


# -- market data ----------------------------------------------------------------------------------


@proves("GET /fapi/v1/ping", "GET /fapi/v1/time", "GET /fapi/v1/exchangeInfo")
async def test_the_venue_introduces_itself() -> None:
    async with exchange(epoch=INCIDENT) as venue:
        assert await get(venue, "v1/ping") == {}
        assert abs((await get(venue, "v1/time"))["serverTime"] - venue.server.venue.clock.epoch_ms()) < 5000
        (btc, *_) = (await get(venue, "v1/exchangeInfo", symbol="NOPE"))["symbols"]
        assert (btc["symbol"], "STOP_MARKET" in btc["orderTypes"], "GTD" in btc["timeInForce"]) == (
            "BTCUSDT",
            True,
            True,
        )
        assert {row["filterType"] for row in btc["filters"]} == {
            "PRICE_FILTER",
            "LOT_SIZE",
            "MARKET_LOT_SIZE",
            "MAX_NUM_ORDERS",
            "MAX_NUM_ALGO_ORDERS",
            "MIN_NOTIONAL",
            "PERCENT_PRICE",
        }
    async with exchange() as venue:
        (btc, *_) = (await get(venue, "v1/exchangeInfo"))["symbols"]
        assert "STOP_MARKET" not in btc["orderTypes"]
        assert "MAX_NUM_ALGO_ORDERS" not in {row["filterType"] for row in btc["filters"]}


@proves("GET /fapi/v1/depth", "GET /fapi/v1/ticker/bookTicker")
async def test_books() -> None:
    async with exchange() as venue:
        await buy(venue, price="99999.50")
        book = await get(venue, "v1/depth", symbol="BTCUSDT", limit="5")
        assert book["bids"][:2] == [["99999.50", "0.500"], ["99999.00", "50.000"]]
        best = await get(venue, "v1/ticker/bookTicker", symbol="BTCUSDT")
        assert (best["bidPrice"], best["askPrice"]) == ("99999.50", "100001.00")
        assert [row["symbol"] for row in await get(venue, "v1/ticker/bookTicker")] == ["BTCUSDT"]


@proves(
    "GET /fapi/v1/trades",
    "GET /fapi/v1/historicalTrades",
    "GET /fapi/v1/aggTrades",
    "GET /fapi/v1/ticker/price",
    "GET /fapi/v2/ticker/price",
    "GET /fapi/v1/ticker/24hr",
    "GET /fapi/v1/klines",
    "GET /fapi/v1/openInterest",
)
async def test_the_tape_and_what_is_made_of_it() -> None:
    async with exchange() as venue:
        await buy(venue, "50.5", "100002.00")
        await buy(venue, "0.5", "100002.00", account=1, side="BUY")
        trades = await get(venue, "v1/trades", symbol="BTCUSDT")
        assert [(row["price"], row["qty"]) for row in trades] == [
            ("100001", "50"),
            ("100002", "0.5"),
            ("100002", "0.5"),
        ]
        assert await get(venue, "v1/trades", symbol="BTCUSDT", limit="1") == trades[-1:]
        first = str(trades[1]["id"])
        assert await get(venue, "v1/historicalTrades", symbol="BTCUSDT", fromId=first) == trades[1:]
        rows = await get(venue, "v1/aggTrades", symbol="BTCUSDT")
        assert [row["q"] for row in rows] == ["50", "0.5", "0.5"]
        assert await get(venue, "v1/aggTrades", symbol="BTCUSDT", fromId=str(rows[1]["a"])) == rows[1:]
        now = str(venue.server.venue.clock.epoch_ms() + 1000)
        assert await get(venue, "v1/aggTrades", symbol="BTCUSDT", endTime=now) == rows
        for version in ("v1", "v2"):
            assert (await get(venue, f"{version}/ticker/price", symbol="BTCUSDT"))["price"] == "100002.00"
        day = await get(venue, "v1/ticker/24hr", symbol="BTCUSDT")
        assert (day["openPrice"], day["highPrice"], day["volume"], day["count"]) == (
            "100001.00",
            "100002.00",
            "51.000",
            3,
        )
        assert (await get(venue, "v1/openInterest", symbol="BTCUSDT"))["openInterest"] == "51.000"
        for interval in ("1m", "5m", "1h", "1d", "3d", "1w", "1M"):
            bars = await get(venue, "v1/klines", symbol="BTCUSDT", interval=interval)
            volumes = [bar[5] for bar in bars]
            assert sum(map(float, volumes)) == 51
            assert all(later[0] == earlier[6] + 1 for earlier, later in itertools.pairwise(bars))
            assert all(len(bar) == 12 for bar in bars)


@proves(
    "GET /fapi/v1/premiumIndex",
    "GET /fapi/v1/fundingRate",
    "GET /fapi/v1/fundingInfo",
    "GET /fapi/v1/insuranceBalance",
)
async def test_prices_and_funding() -> None:
    async with exchange(position="1") as venue:
        row = await get(venue, "v1/premiumIndex", symbol="BTCUSDT")
        assert (row["markPrice"], row["lastFundingRate"]) == ("100000.00000000", "0.00010000")
        assert await get(venue, "v1/fundingRate", symbol="BTCUSDT") == []
        engine = venue.server.venue.engine
        settled = next_funding(venue.server.venue.clock.epoch_ms()) - 8 * 3_600_000
        engine.tick(settled - 1000)
        engine.tick(settled)
        (row,) = await get(venue, "v1/fundingRate", symbol="BTCUSDT")
        assert (row["fundingRate"], row["fundingTime"]) == ("0.00010000", settled)
        info = await get(venue, "v1/fundingInfo")
        assert info[0]["adjustedFundingRateCap"] == "0.00300000"
        fund = await get(venue, "v1/insuranceBalance")
        assert fund["assets"][0]["marginBalance"] == "0.00000000"


# -- orders ---------------------------------------------------------------------------------------


@proves(
    "POST /fapi/v1/order",
    "GET /fapi/v1/order",
    "DELETE /fapi/v1/order",
    "GET /fapi/v1/openOrder",
    "GET /fapi/v1/openOrders",
    "GET /fapi/v1/allOrders",
    "-2011",
    "-2013",
    "DELETE /fapi/v1/allOpenOrders",
    "POST /fapi/v1/order/test",
)
async def test_an_order_and_its_traces() -> None:
    async with exchange() as venue:
        assert (await venue.send("POST", "/fapi/v1/order/test", **LIMIT))[:2] == (200, {})
        placed = await buy(venue, price="99000.00")
        number = {"symbol": "BTCUSDT", "orderId": str(placed["orderId"])}
        for path in ("v1/order", "v1/openOrder"):
            assert (await get(venue, path, **number))["status"] == "NEW"
        assert [o["orderId"] for o in await get(venue, "v1/openOrders")] == [placed["orderId"]]
        filled = await buy(venue)
        ids = [o["orderId"] for o in await get(venue, "v1/allOrders", symbol="BTCUSDT")]
        assert ids == [placed["orderId"], filled["orderId"]]
        later = await get(venue, "v1/allOrders", symbol="BTCUSDT", orderId=str(filled["orderId"]))
        assert [o["orderId"] for o in later] == [filled["orderId"]]
        status, body, _ = await venue.send("DELETE", "/fapi/v1/order", **number)
        assert (status, body["status"], "cumQty" in body) == (200, "CANCELED", True)
        assert (await venue.send("DELETE", "/fapi/v1/order", **number))[1]["code"] == -2011
        assert (await venue.send("GET", "/fapi/v1/openOrder", **number))[1]["code"] == -2013
        assert (await get(venue, "v1/order", **number))["status"] == "CANCELED"
        assert (await venue.send("GET", "/fapi/v1/order", 1, **number))[1]["code"] == -2013
        await buy(venue, price="99000.00")
        body = (await venue.send("DELETE", "/fapi/v1/allOpenOrders", symbol="BTCUSDT"))[1]
        assert body["code"] == 200
        assert await get(venue, "v1/openOrders", symbol="BTCUSDT") == []


@proves("PUT /fapi/v1/order", "GET /fapi/v1/orderAmendment", "-5027")
async def test_amending() -> None:
    async with exchange() as venue:
        placed = await buy(venue, price="99000.00")
        change = {
            "symbol": "BTCUSDT",
            "orderId": str(placed["orderId"]),
            "side": "BUY",
            "quantity": "0.7",
            "price": "99100.00",
        }
        status, body, headers = await venue.send("PUT", "/fapi/v1/order", **change)
        assert (status, body["price"], body["origQty"], body["pair"]) == (200, "99100", "0.7", "BTCUSDT")
        assert headers["X-MBX-ORDER-COUNT-1M"] == "2"
        assert (await venue.send("PUT", "/fapi/v1/order", **change))[1]["code"] == -5027
        (row,) = await get(venue, "v1/orderAmendment", symbol="BTCUSDT")
        assert row["amendment"]["price"] == {"before": "99000", "after": "99100"}
        assert row["amendment"]["origQty"] == {"before": "0.5", "after": "0.7"}
        by_name = {"symbol": "BTCUSDT", "origClientOrderId": placed["clientOrderId"]}
        assert await get(venue, "v1/orderAmendment", **by_name) == [row]


@proves(
    "POST /fapi/v1/batchOrders", "PUT /fapi/v1/batchOrders", "DELETE /fapi/v1/batchOrders", "-4082", "-4032"
)
async def test_batches_answer_leg_by_leg() -> None:
    async with exchange() as venue:

        def legs(*rows: dict[str, Any]) -> str:
            return orjson.dumps(rows).decode()

        flat = {**LIMIT, "reduceOnly": "true"}
        status, body, headers = await venue.send(
            "POST", "/fapi/v1/batchOrders", batchOrders=legs(LIMIT, flat, {**LIMIT, "side": "NO"}, LIMIT)
        )
        assert (status, [row.get("code", row.get("status")) for row in body]) == (
            200,
            ["NEW", -2022, -1117, "NEW"],
        )
        assert (headers["X-MBX-ORDER-COUNT-10S"], headers["X-MBX-ORDER-COUNT-1M"]) == ("5", "1")
        ids = [body[0]["orderId"], body[3]["orderId"]]
        changed = [
            {"symbol": "BTCUSDT", "orderId": i, "side": "BUY", "quantity": "1", "price": "99000.00"}
            for i in (ids[0], 10**6)
        ]
        _, body, _ = await venue.send("PUT", "/fapi/v1/batchOrders", batchOrders=legs(*changed))
        assert [row.get("code", row.get("origQty")) for row in body] == ["1", -2013]
        listed = orjson.dumps([*ids, 10**6]).decode()
        _, body, _ = await venue.send("DELETE", "/fapi/v1/batchOrders", symbol="BTCUSDT", orderIdList=listed)
        assert [row.get("code", row.get("status")) for row in body] == ["CANCELED", "CANCELED", -2011]
        named = orjson.dumps(["a", "b"]).decode()
        _, body, _ = await venue.send(
            "DELETE", "/fapi/v1/batchOrders", symbol="BTCUSDT", origClientOrderIdList=named
        )
        assert [row["code"] for row in body] == [-2011, -2011]
        _, body, _ = await venue.send("POST", "/fapi/v1/batchOrders", batchOrders=legs(*[LIMIT] * 6))
        assert body["code"] == -4082
        listed = orjson.dumps(list(range(1, 12))).decode()
        _, body, _ = await venue.send("DELETE", "/fapi/v1/batchOrders", symbol="BTCUSDT", orderIdList=listed)
        assert body["code"] == -4032


@proves("GET /fapi/v1/userTrades", "GET /fapi/v1/income")
async def test_fills_and_income_add_up_to_the_wallet() -> None:
    async with exchange() as venue:
        await buy(venue, "50.5", "100002.00")
        await buy(venue, "50.5", "99990.00", side="SELL", timeInForce="IOC")
        fills = await get(venue, "v1/userTrades", symbol="BTCUSDT")
        assert [(row["buyer"], row["maker"]) for row in fills] == [(True, False)] * 2 + [(False, False)] * 2
        one = await get(venue, "v1/userTrades", symbol="BTCUSDT", fromId=str(fills[2]["id"]))
        assert one == fills[2:]
        mine = await get(venue, "v1/userTrades", symbol="BTCUSDT", orderId=str(fills[0]["orderId"]))
        assert mine == fills[:2]
        rows = await get(venue, "v1/income", limit="1000")
        assert {row["incomeType"] for row in rows} == {"COMMISSION", "REALIZED_PNL"}
        (balance,) = await get(venue, "v3/balance")
        moved = sum(round(float(row["income"]) * 1e8) for row in rows)
        assert round(float(balance["balance"]) * 1e8) == 10_000_000 * 10**8 + moved
        only = await get(venue, "v1/income", incomeType="COMMISSION", symbol="BTCUSDT")
        assert len(only) == 4
        assert await get(venue, "v1/income", startTime="1", endTime="2") == []


@proves("POST /fapi/v1/countdownCancelAll")
async def test_the_dead_man_s_switch() -> None:
    async with exchange() as venue:
        await buy(venue, price="99000.00")
        path = "/fapi/v1/countdownCancelAll"
        _, body, _ = await venue.send("POST", path, symbol="BTCUSDT", countdownTime="100")
        assert body == {"symbol": "BTCUSDT", "countdownTime": "100"}
        await venue.send("POST", path, symbol="BTCUSDT", countdownTime="0")
        venue.server._clock.run_until(venue.server._clock.now() + 10**9)
        assert len(await get(venue, "v1/openOrders")) == 1
        await venue.send("POST", path, symbol="BTCUSDT", countdownTime="100")
        venue.server._clock.run_until(venue.server._clock.now() + 10**9)
        assert await get(venue, "v1/openOrders") == []


# -- account --------------------------------------------------------------------------------------


@proves(
    "GET /fapi/v2/positionRisk",
    "GET /fapi/v3/positionRisk",
    "GET /fapi/v2/account",
    "GET /fapi/v3/account",
    "GET /fapi/v2/balance",
    "GET /fapi/v3/balance",
    "GET /fapi/v1/accountConfig",
    "GET /fapi/v1/symbolConfig",
    "GET /fapi/v1/commissionRate",
    "GET /fapi/v1/leverageBracket",
    "GET /fapi/v1/rateLimit/order",
    "GET /sapi/v1/capital/config/getall",
    "GET /sapi/v1/margin/allPairs",
    "GET /sapi/v1/margin/isolated/allPairs",
)
async def test_the_account() -> None:
    async with exchange() as venue:
        await buy(venue, "0.5")
        (risk,) = await get(venue, "v3/positionRisk")
        assert (risk["positionAmt"], risk["liquidationPrice"]) == ("0.500", "0")
        (row,) = await get(venue, "v2/positionRisk", symbol="BTCUSDT")
        assert (row["leverage"], row["marginType"], row["maxNotionalValue"]) == ("20", "cross", "100000000")
        full = await get(venue, "v2/account")
        assert {position["symbol"] for position in full["positions"]} >= {"BTCUSDT", "ATOMUSDT"}
        short = await get(venue, "v3/account")
        assert [position["symbol"] for position in short["positions"]] == ["BTCUSDT"]
        assert short["totalWalletBalance"] == full["totalWalletBalance"]
        assert (await get(venue, "v2/balance"))[0]["balance"] == short["totalWalletBalance"]
        assert (await get(venue, "v1/accountConfig"))["dualSidePosition"] is False
        assert (await get(venue, "v1/symbolConfig", symbol="BTCUSDT"))[0]["leverage"] == 20
        assert (await get(venue, "v1/commissionRate", symbol="BTCUSDT"))["takerCommissionRate"] == "0.0004"
        assert (await get(venue, "v1/leverageBracket", symbol="BTCUSDT"))[0]["brackets"][0]["cum"] == 0
        assert len(await get(venue, "v1/rateLimit/order")) == 2
        for path in ("capital/config/getall", "margin/allPairs", "margin/isolated/allPairs"):
            assert (await venue.send("GET", f"/sapi/v1/{path}"))[:2] == (200, [])


@proves(
    "POST /fapi/v1/leverage",
    "POST /fapi/v1/marginType",
    "POST /fapi/v1/positionSide/dual",
    "GET /fapi/v1/positionSide/dual",
    "GET /fapi/v1/multiAssetsMargin",
    "POST /fapi/v1/multiAssetsMargin",
    "-4046",
    "-4047",
    "-4048",
    "-4059",
    "-4067",
    "-4068",
    "-4171",
    "-4170",
    "-4084",
    "-4028",
    "-2019",
    "-2027",
    "-2028",
)
async def test_settings_and_what_stands_in_their_way() -> None:
    async with exchange() as venue:

        async def code(path: str, **params: Any) -> Any:
            return (await venue.send("POST", f"/fapi/v1/{path}", **params))[1].get("code", 0)

        isolated = {"symbol": "BTCUSDT", "marginType": "ISOLATED"}
        assert await code("marginType", symbol="BTCUSDT", marginType="CROSSED") == -4046
        assert await code("marginType", **isolated) == -4084
        assert await code("multiAssetsMargin", multiAssetsMargin="false") == -4171
        assert await code("multiAssetsMargin", multiAssetsMargin="true") == -4084
        assert await get(venue, "v1/multiAssetsMargin") == {"multiAssetsMargin": False}
        assert await code("positionSide/dual", dualSidePosition="false") == -4059
        assert await code("leverage", symbol="BTCUSDT", leverage="126") == -4028
        resting = await buy(venue, price="99000.00")
        assert await code("marginType", **isolated) == -4047
        assert await code("multiAssetsMargin", multiAssetsMargin="true") == -4170
        assert await code("positionSide/dual", dualSidePosition="true") == -4067
        await venue.send("DELETE", "/fapi/v1/order", symbol="BTCUSDT", orderId=str(resting["orderId"]))
        await buy(venue, "10")
        assert await code("marginType", **isolated) == -4048
        assert await code("positionSide/dual", dualSidePosition="true") == -4068
        assert await code("leverage", symbol="BTCUSDT", leverage="125") == -2027
        await venue.ask("POST", "/transfer", {"account": "a0", "amount": "-9940000"})
        assert await code("leverage", symbol="BTCUSDT", leverage="2") == -2028
        assert (await buy(venue, "100"))["code"] == -2019
        assert await code("leverage", symbol="BTCUSDT", leverage="25") == 0
        assert await get(venue, "v1/positionSide/dual") == {"dualSidePosition": False}


# -- keys -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["ed25519", "rsa"])
async def test_signatures_by_key_pair(kind: str) -> None:
    key = (
        ed25519.Ed25519PrivateKey.generate()
        if kind == "ed25519"
        else rsa.generate_private_key(public_exponent=65537, key_size=2048)
    )
    pem = key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )

    def sign(text: str) -> str:
        raw = (
            key.sign(text.encode())
            if isinstance(key, ed25519.Ed25519PrivateKey)
            else key.sign(text.encode(), padding.PKCS1v15(), hashes.SHA256())
        )
        return urllib.parse.quote(base64.b64encode(raw).decode(), safe="")

    async with exchange() as venue:
        status, body = await venue.ask("POST", "/key", {"account": "a1", "public_key": pem.decode()})
        assert status == 200
        query = f"timestamp={venue.server.venue.clock.epoch_ms()}"
        for text, expected in ((query, 200), (query + "0", 400)):
            url = f"http://127.0.0.1:{venue.port}/fapi/v3/balance?{query}&signature={sign(text)}"
            async with venue.session.get(url, headers={"X-MBX-APIKEY": body["api_key"]}) as answer:
                assert answer.status == expected, await answer.text()
        assert (await venue.ask("POST", "/key", {"account": "a1", "public_key": "nonsense"}))[0] == 400
        assert (await venue.ask("POST", "/key", {"account": "nobody", "public_key": pem.decode()}))[0] == 400


# -- mistakes -------------------------------------------------------------------------------------

MISTAKES = [
    ("GET", "v1/depth", {"symbol": "NOPE"}, -1121),
    ("GET", "v1/depth", {}, -1102),
    ("GET", "v1/depth", {"symbol": "BTCUSDT", "limit": "3"}, -4021),
    ("GET", "v1/depth", {"symbol": "BTCUSDT", "limit": "1500"}, -1130),
    ("GET", "v1/depth", {"symbol": "BTCUSDT", "limit": "x"}, -1100),
    ("GET", "v1/depth", {"symbol": "BTCUSDT", "limit": ""}, -1105),
    ("GET", "v1/klines", {"symbol": "BTCUSDT", "interval": "1s"}, -1120),
    ("GET", "v1/klines", {"symbol": "BTCUSDT", "interval": "1m", "limit": "2000"}, -1130),
    ("GET", "v1/klines", {"symbol": "BTCUSDT", "interval": "1m", "startTime": "9", "endTime": "8"}, -1023),
    ("GET", "v1/aggTrades", {"symbol": "BTCUSDT", "limit": "1001"}, -1130),
    ("GET", "v1/aggTrades", {"symbol": "BTCUSDT", "fromId": "1", "startTime": "1"}, -1128),
    ("GET", "v1/userTrades", {"symbol": "BTCUSDT", "fromId": "1", "startTime": "1"}, -1128),
    ("GET", "v1/allOrders", {"symbol": "BTCUSDT", "startTime": "1", "endTime": "604800002"}, -4165),
    ("GET", "v1/order", {"symbol": "BTCUSDT"}, -1102),
    ("GET", "v1/order", {"symbol": "BTCUSDT", "orderId": "1e3"}, -1100),
    ("GET", "v1/forceOrders", {"autoCloseType": "NO"}, -1130),
    ("POST", "v1/marginType", {"symbol": "BTCUSDT", "marginType": "NO"}, -1130),
    ("POST", "v1/positionSide/dual", {"dualSidePosition": "maybe"}, -1130),
    ("POST", "v1/order", {**LIMIT, "side": "UP"}, -1117),
    ("POST", "v1/order", {**LIMIT, "type": "LOT"}, -1116),
    ("POST", "v1/order", {**LIMIT, "type": "STOP", "stopPrice": "1"}, -4120),
    ("POST", "v1/order", {**LIMIT, "timeInForce": "DAY"}, -1115),
    ("POST", "v1/order", {**LIMIT, "quantity": ""}, -1102),
    ("POST", "v1/order", {**LIMIT, "quantity": "0.0001"}, -1111),
    ("POST", "v1/order", {**LIMIT, "quantity": "0"}, -4003),
    ("POST", "v1/order", {**LIMIT, "quantity": "1001"}, -4005),
    ("POST", "v1/order", {**LIMIT, "price": "0"}, -4001),
    ("POST", "v1/order", {**LIMIT, "price": "5000000"}, -4002),
    ("POST", "v1/order", {**LIMIT, "price": "100"}, -4013),
    ("POST", "v1/order", {**LIMIT, "price": "99000.05"}, -4014),
    ("POST", "v1/order", {**LIMIT, "price": "106000"}, -4016),
    ("POST", "v1/order", {**LIMIT, "side": "SELL", "price": "94000"}, -4024),
    ("POST", "v1/order", {**LIMIT, "quantity": "0.001"}, -4164),
    ("POST", "v1/order", {**LIMIT, "positionSide": "LONG"}, -4061),
    ("POST", "v1/order", {**LIMIT, "positionSide": "UP"}, -4060),
    ("POST", "v1/order", {**LIMIT, "newClientOrderId": "x" * 37}, -4015),
    ("POST", "v1/order", {**LIMIT, "newClientOrderId": "a b"}, -1100),
    ("POST", "v1/order", {**LIMIT, "newClientOrderId": ""}, -1118),
    ("POST", "v1/order", {**LIMIT, "newOrderRespType": "FULL"}, -1136),
    ("POST", "v1/order", {**LIMIT, "reduceOnly": "maybe"}, -1130),
    ("POST", "v1/order", {**LIMIT, "selfTradePreventionMode": "NO"}, -5039),
    ("POST", "v1/order", {**LIMIT, "priceMatch": "NO"}, -5037),
    ("POST", "v1/order", {**LIMIT, "priceMatch": "OPPONENT_10"}, -5037),
    ("POST", "v1/order", {**LIMIT, "timeInForce": "GTD"}, -1102),
    ("POST", "v1/order", {**LIMIT, "timeInForce": "GTD", "goodTillDate": "1"}, -5040),
    ("POST", "v1/order", {**LIMIT, "goodTillDate": "1"}, -1106),
    ("POST", "v1/order", {**LIMIT, "timeInForce": "FOK"}, -5021),
    ("POST", "v1/order", {**LIMIT, "timeInForce": "GTX", "price": "100001.00"}, -5022),
    ("POST", "v1/order", {**LIMIT, "reduceOnly": "true"}, -2022),
    ("PUT", "v1/order", {"symbol": "BTCUSDT", "side": "BUY", "quantity": "1", "price": "1"}, -1102),
    ("PUT", "v1/order", {**LIMIT, "orderId": "999"}, -2013),
    ("DELETE", "v1/batchOrders", {"symbol": "BTCUSDT", "orderIdList": '["1"]'}, -1130),
    ("DELETE", "v1/batchOrders", {"symbol": "BTCUSDT"}, -1102),
    ("POST", "v1/batchOrders", {"batchOrders": "{}"}, -1130),
]
INCIDENT_STOP = {"symbol": "BTCUSDT", "side": "SELL", "type": "STOP_MARKET", "stopPrice": "99000"}
INCIDENT_MISTAKES = [
    ("POST", "v1/order", {**INCIDENT_STOP}, -1102),
    ("POST", "v1/order", {**INCIDENT_STOP, "closePosition": "true", "quantity": "1"}, -4137),
    ("POST", "v1/order", {**INCIDENT_STOP, "closePosition": "true", "reduceOnly": "true"}, -1106),
    ("POST", "v1/order", {**INCIDENT_STOP, "quantity": "1", "workingType": "X"}, -4031),
    ("POST", "v1/order", {**INCIDENT_STOP, "quantity": "1", "price": "1"}, -1106),
    ("POST", "v1/order", {**INCIDENT_STOP, "quantity": "1", "priceMatch": "QUEUE"}, -5038),
    ("POST", "v1/order", {**INCIDENT_STOP, "quantity": "1", "stopPrice": "99000.05"}, -4014),
    ("POST", "v1/order", {**INCIDENT_STOP, "quantity": "1", "type": "TRAILING_STOP_MARKET"}, -4084),
    ("POST", "v1/order", {**LIMIT, "stopPrice": "1"}, -1106),
    ("POST", "v1/order", {**LIMIT, "closePosition": "true"}, -1106),
]


@proves(*sorted({str(code) for *_, code in MISTAKES}))
async def test_each_mistake_has_its_code() -> None:
    async with exchange() as venue:
        for method, path, params, code in MISTAKES:
            await expect(venue, method, path, params, code)


@proves(*sorted({str(code) for *_, code in INCIDENT_MISTAKES}))
async def test_each_mistake_with_a_conditional_order_has_its_code() -> None:
    async with exchange(epoch=INCIDENT) as venue:
        for method, path, params, code in INCIDENT_MISTAKES:
            await expect(venue, method, path, params, code)


async def expect(venue: Exchange, method: str, path: str, params: dict[str, str], code: int) -> None:
    status, body, _ = await venue.send(method, f"/fapi/{path}", **params)
    spec = error_table("2025-10-10")[code] if code != -4120 else error_table()[code]
    assert (status, body.get("code")) == (spec.http, code), (path, params, body)
    assert "%s" not in body["msg"] or spec.messages == (body["msg"],), body
    patterns = [re.escape(text).replace("%s", ".*") for text in spec.messages]
    assert any(re.fullmatch(pattern, body["msg"]) for pattern in patterns), body


@proves("-1007", "-1006", "-1001", "-2010", "-1016")
async def test_faults_on_demand() -> None:
    async with exchange(epoch=INCIDENT) as venue:
        for row, code in (
            ({"fault": "answer-lost"}, None),
            ({"fault": "backend-timeout"}, -1007),
            ({"fault": "unexpected-response"}, -1006),
            ({"fault": "refused", "code": -1001}, -1001),
            ({"fault": "refused", "code": -2010, "account": "a0", "verb": "order"}, -2010),
            ({"fault": "refused", "code": -1016}, -1016),
        ):
            assert (await venue.ask("POST", "/fault", row))[0] == 200
            before = len(await get(venue, "v1/openOrders"))
            status, body, _ = await venue.send("POST", "/fapi/v1/order", **LIMIT)
            assert (status >= 400, body.get("code")) == (True, code)
            executed = row["fault"] != "refused"
            assert len(await get(venue, "v1/openOrders")) - before == executed
            status, *_ = await venue.send("POST", "/fapi/v1/order", **LIMIT)
            assert status == 200, "one fault, one order"
        lost = {"fault": "answer-lost"}
        for bad in (
            {},
            {"fault": "nope"},
            {"fault": "refused"},
            {"fault": "refused", "code": 7},
            {**lost, "times": 0},
            {**lost, "verb": "x"},
            {**lost, "account": "nobody"},
            {**lost, "x": 1},
        ):
            status, body = await venue.ask("POST", "/fault", bad)
            assert (status, "error" in body) == (400, True), bad


async def test_a_disconnect_leaves_the_order_behind() -> None:
    async with exchange() as venue:
        await venue.ask("POST", "/fault", {"fault": "disconnect"})
        with pytest.raises(aiohttp.ClientConnectionError):
            await venue.send("POST", "/fapi/v1/order", **LIMIT)
        assert len(await get(venue, "v1/openOrders")) == 1


@proves("-4087", "-4088", "-4189", "-4192", "-4400", "-4401")
async def test_restricted_accounts_may_only_reduce() -> None:
    async with exchange() as venue:
        await buy(venue)
        for code in (-4087, -4189, -4192, -4400, -4401, -4088):
            await venue.ask("POST", "/restrict", {"account": "a0", "code": code})
            assert (await buy(venue))["code"] == code
            sold = await buy(venue, "0.01", "99990.00", side="SELL", reduceOnly="true", timeInForce="IOC")
            assert sold.get("code", 0) == (code if code == -4088 else 0)
        await venue.ask("POST", "/restrict", {"account": "a0", "code": 0})
        assert "code" not in await buy(venue)
        assert (await venue.ask("POST", "/restrict", {"account": "a0", "code": -1}))[0] == 400
    async with exchange(epoch=INCIDENT) as venue:
        assert (await venue.ask("POST", "/restrict", {"account": "a0", "code": -4189}))[0] == 400


@proves("-1106", "-4118", "-4116", "-2025", "-4131")
async def test_refusals_that_need_a_history() -> None:
    async with exchange(hedge_mode=True, position="1") as venue:
        status, body, _ = await venue.send(
            "POST", "/fapi/v1/order", **LIMIT, positionSide="LONG", reduceOnly="true"
        )
        assert (status, body["code"]) == (400, -1106)
    async with exchange(position="1") as venue:
        closing = {"side": "SELL", "price": "100500.00", "quantity": "1", "reduceOnly": "true"}
        assert "code" not in await buy(venue, **closing)
        assert (await buy(venue, **{**closing, "price": "100400.00"}))["code"] == -4118
        engine = venue.server.venue.engine
        account = engine.accounts["a1"]
        named = {**LIMIT, "newClientOrderId": "one"}
        legs = orjson.dumps([named, named]).decode()
        _, body, _ = await venue.send("POST", "/fapi/v1/batchOrders", 1, batchOrders=legs)
        assert [row.get("code", 0) for row in body] == [0, -4116]
        for _ in range(39):
            ten = orjson.dumps([{**LIMIT, "quantity": "0.002"}] * 5).decode()
            await venue.send("POST", "/fapi/v1/batchOrders", 1, batchOrders=ten)
        while len(account.orders) < 200:
            assert "code" not in await buy(venue, "0.002", "99000.00", account=1)
        assert (await buy(venue, "0.002", "99000.00", account=1))["code"] == -2025
        engine.set_index(engine.markets[0].symbol, 11_000_000)
        status, body, _ = await venue.send(
            "POST", "/fapi/v1/order", symbol="BTCUSDT", side="SELL", type="MARKET", quantity="0.5"
        )
        assert (status, body["code"]) == (400, -4131)


def test_every_route_is_described_for_whoever_reads_it() -> None:
    for (method, path), route in ROUTES.items():
        for epoch in EPOCHS:
            names = [param.name for param in params_of(route, epoch)]
            assert len(names) == len(set(names)), (method, path)
            assert names or not route.verb
        assert bool(route.verb) != bool(route.answer)


@pytest.mark.parametrize("working_type", ["CONTRACT_PRICE", "MARK_PRICE"])
@pytest.mark.parametrize(("side", "price"), [("BUY", "96000.00"), ("SELL", "104000.00")])
async def test_a_moved_market_triggers_stops_that_find_a_book(
    working_type: str, side: str, price: str
) -> None:
    """A position larger than one level, protected, and a market that moves through the stop at once."""
    closing, stop = ("SELL", "98000.00") if side == "BUY" else ("BUY", "102000.00")
    async with exchange(marking="median", epoch=INCIDENT) as venue:
        entry = "100200.00" if side == "BUY" else "99800.00"
        await buy(venue, "90", entry, side=side)
        _, placed, _ = await venue.send(
            "POST",
            "/fapi/v1/order",
            symbol="BTCUSDT",
            side=closing,
            type="STOP_MARKET",
            stopPrice=stop,
            closePosition="true",
            workingType=working_type,
        )
        assert (await venue.ask("POST", "/price", {"symbol": "BTCUSDT", "price": price}))[0] == 200
        done = await get(venue, "v1/order", symbol="BTCUSDT", orderId=str(placed["orderId"]))
        assert (done["status"], done["executedQty"]) == ("FILLED", "90")
        mark = (await get(venue, "v1/premiumIndex", symbol="BTCUSDT"))["markPrice"]
        assert abs(float(mark) - float(price)) < 10


async def test_a_price_near_the_floor_leaves_a_book() -> None:
    async with exchange(marking="median") as venue:
        assert (await venue.ask("POST", "/price", {"symbol": "BTCUSDT", "price": "558.00"}))[0] == 200
        book = await get(venue, "v1/depth", symbol="BTCUSDT", limit="5")
        assert (len(book["bids"]), len(book["asks"])) == (1, 5)


async def test_order_tests_are_held_to_the_filters_and_answered_once() -> None:
    async with exchange(deadline_ms=20, handling={"law": "constant", "mean_ms": 60}) as venue:
        status, body, _ = await venue.send("POST", "/fapi/v1/order/test", **LIMIT)
        assert (status, body.get("code")) == (503, None)
        venue.server._clock.run_until(venue.server._clock.now() + 10**9)
        assert (await venue.ask("GET", "/status"))[1]["in_flight"] == 0
    async with exchange() as venue:
        await venue.ask("POST", "/fault", {"fault": "answer-lost"})
        small = {**LIMIT, "quantity": "0.001"}
        assert (await venue.send("POST", "/fapi/v1/order/test", **small))[1]["code"] == -4164
        assert (await venue.send("POST", "/fapi/v1/order/test", **small, reduceOnly="true"))[0] == 200
        assert (await venue.send("POST", "/fapi/v1/order", **LIMIT))[0] == 503, "the fault was kept"


async def test_restricted_accounts_may_not_enlarge_by_amending() -> None:
    async with exchange() as venue:
        placed = await buy(venue, price="99000.00")
        await venue.ask("POST", "/restrict", {"account": "a0", "code": -4087})
        change = {
            "symbol": "BTCUSDT",
            "orderId": str(placed["orderId"]),
            "side": "BUY",
            "quantity": "5",
            "price": "99000.00",
        }
        assert (await venue.send("PUT", "/fapi/v1/order", **change))[1]["code"] == -4087
