"""Market and user streams over real sockets."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest

from mock_exchange.wire.streaming.consumer import Message, frame
from mock_exchange.wire.streaming.sockets import streams_of
from mock_exchange.wire.streaming.topics import parse_topic
from tests.support import proves
from tests.wire.served import PATIENCE_S, Exchange, Stream, exchange

EPOCH = "2025-10-10"


@contextlib.asynccontextmanager
async def stream(venue: Exchange, path: str) -> AsyncIterator[Stream]:
    async with venue.session.ws_connect(f"http://127.0.0.1:{venue.port}{path}") as socket:
        yield Stream(socket)


async def order(
    venue: Exchange,
    side: str,
    quantity: str,
    price: str,
    tif: str = "GTC",
    account: int = 0,
    **more: Any,
) -> Any:
    status, body, _ = await venue.send(
        "POST",
        "/fapi/v1/order",
        account,
        symbol="BTCUSDT",
        side=side,
        type="LIMIT",
        timeInForce=tif,
        quantity=quantity,
        price=price,
        **more,
    )
    assert status == 200, body
    return body


@pytest.mark.parametrize(
    ("target", "epoch", "expected"),
    [
        ("/ws/btcusdt@depth", EPOCH, (False, ["btcusdt@depth"])),
        ("/ws", EPOCH, (False, [])),
        ("/ws/a@x/b@y", EPOCH, (False, ["a@x", "b@y"])),
        ("/stream?streams=a@x/b@y", EPOCH, (True, ["a@x", "b@y"])),
        ("/market/ws/a@x", "2026", (False, ["a@x"])),
        ("/public/stream?streams=a@x", "2026", (True, ["a@x"])),
        ("/private/ws?listenKey=key", "2026", (False, ["key"])),
        ("/ws/a@x", "2026", None),
        ("/wsx", EPOCH, None),
    ],
)
def test_paths(target: str, epoch: str, expected: tuple[Any, ...] | None) -> None:
    assert streams_of(target, epoch) == expected


@pytest.mark.parametrize(
    ("name", "period"),
    [
        ("btcusdt@aggTrade", 10),
        ("btcusdt@bookTicker", 1),
        ("btcusdt@depth", 25),
        ("btcusdt@depth@100ms", 10),
        ("btcusdt@depth5@500ms", 50),
        ("btcusdt@markPrice", 300),
        ("btcusdt@markPrice@1s", 100),
        ("btcusdt@kline_1m", 25),
        ("btcusdt@forceOrder", 100),
        ("!bookTicker", 1),
        ("!markPrice@arr@1s", 100),
        ("!forceOrder@arr", 100),
        ("btcusdt@ticker", 100),
        ("!miniTicker@arr", 100),
        ("BTCUSDT@depth", None),
        ("nope@depth", None),
        ("btcusdt@depth7", None),
        ("btcusdt@kline_7m", None),
        ("btcusdt@kline", None),
        ("!depth@arr", None),
        ("btcusdt", None),
        ("", None),
    ],
)
def test_names(name: str, period: int | None) -> None:
    topic = parse_topic(name)
    assert (None if topic is None else topic.period) == period


@proves("<symbol>@depth")
async def test_a_local_book_stays_right() -> None:
    """The documented procedure: buffer, snapshot, drop what is older, then every `pu` is the `u` before."""
    async with exchange(epoch=EPOCH) as venue, stream(venue, "/ws/btcusdt@depth@100ms") as feed:
        await asyncio.sleep(0.05)
        _, snapshot, _ = await venue.send("GET", "/fapi/v1/depth", symbol="BTCUSDT", limit="1000")
        bids, asks = (dict(snapshot[side]) for side in ("bids", "asks"))
        await order(venue, "BUY", "0.5", "99000.00")
        events = [await feed.next()]
        assert events[0]["U"] <= snapshot["lastUpdateId"] <= events[0]["u"]
        mine = await order(venue, "SELL", "0.25", "101000.00")
        await order(venue, "SELL", "60", "99990.00", "IOC", account=1)
        await venue.send("DELETE", "/fapi/v1/order", symbol="BTCUSDT", orderId=str(mine["orderId"]))
        await order(venue, "BUY", "0.1", "99500.00", account=1)
        while events[-1]["u"] < venue.server.venue.engine.markets[0].update_id:
            events.append(await feed.next())
        assert all(later["pu"] == earlier["u"] for earlier, later in itertools.pairwise(events))
        assert all(event["pu"] < event["U"] <= event["u"] for event in events[1:])
        for event in events:
            if event["u"] >= snapshot["lastUpdateId"]:
                apply(bids, event["b"])
                apply(asks, event["a"])
        _, after, _ = await venue.send("GET", "/fapi/v1/depth", symbol="BTCUSDT", limit="1000")
        assert (bids, asks) == tuple(dict(after[side]) for side in ("bids", "asks"))


def apply(book: dict[str, str], changes: list[list[str]]) -> None:
    for price, quantity in changes:
        if float(quantity) == 0:
            book.pop(price, None)
        else:
            book[price] = quantity


@proves(
    "<symbol>@aggTrade",
    "<symbol>@bookTicker",
    "<symbol>@depth<levels>",
    "<symbol>@kline_<interval>",
    "<symbol>@markPrice",
    "<symbol>@ticker",
    "<symbol>@miniTicker",
)
async def test_every_market_stream_tells_of_a_trade() -> None:
    names = ["aggTrade", "bookTicker", "depth5@100ms", "kline_1m", "markPrice@1s", "ticker", "miniTicker"]
    path = "/market/stream?streams=" + "/".join(f"btcusdt@{name}" for name in names)
    async with exchange() as venue, stream(venue, path) as feed:
        bought = await order(venue, "BUY", "50.5", "100200.00", "IOC", newOrderRespType="RESULT")
        assert bought["executedQty"] == "50.5"
        found: dict[str, dict[str, Any]] = {}
        async with asyncio.timeout(PATIENCE_S):
            while len(found) < len(names):
                event = await feed.next()
                name = event["stream"].partition("@")[2]
                if name != "kline_1m" or event["data"]["k"]["v"] != "0.000":  # a minute may end meanwhile
                    found[name] = event["data"]
        trade = found["aggTrade"]
        assert (trade["e"], trade["s"], trade["m"]) == ("aggTrade", "BTCUSDT", False)
        assert found["depth5@100ms"]["a"][0] == ["100002.00", "49.500"]
        assert found["kline_1m"]["k"]["v"] == "50.500"
        assert found["kline_1m"]["k"]["i"] == "1m"
        assert found["ticker"]["c"] == "100002.00"
        assert found["markPrice@1s"]["p"] == "100000.00000000"


@proves("!bookTicker", "!markPrice@arr", "!ticker@arr", "!miniTicker@arr")
async def test_streams_over_all_symbols() -> None:
    names = ["!bookTicker", "!markPrice@arr@1s", "!ticker@arr", "!miniTicker@arr"]
    async with exchange() as venue, stream(venue, "/market/stream?streams=" + "/".join(names)) as feed:
        found: dict[str, Any] = {}
        async with asyncio.timeout(PATIENCE_S):
            while len(found) < len(names):
                event = await feed.next()
                found[event["stream"]] = event["data"]
        assert found["!bookTicker"]["b"] == "99999.00"
        for name in names[1:]:
            assert [row["s"] for row in found[name]] == ["BTCUSDT"], name


async def test_aggregates_join_fills_of_one_order_at_one_price() -> None:
    async with exchange(epoch=EPOCH) as venue, stream(venue, "/ws/btcusdt@aggTrade") as feed:
        await asyncio.sleep(0.05)
        for _ in range(3):
            await order(venue, "BUY", "0.5", "99999.50", account=1)
        await order(venue, "SELL", "1.5", "99999.50", "IOC")
        event = await feed.next()
        assert (event["q"], event["l"] - event["f"], event["m"]) == ("1.5", 2, True)
        _, rows, _ = await venue.send("GET", "/fapi/v1/aggTrades", symbol="BTCUSDT")
        assert [row["a"] for row in rows] == [event["a"]]


@proves(
    "POST /fapi/v1/listenKey",
    "PUT /fapi/v1/listenKey",
    "DELETE /fapi/v1/listenKey",
    "-1125",
    "ORDER_TRADE_UPDATE",
    "ACCOUNT_UPDATE",
    "TRADE_LITE",
    "ACCOUNT_CONFIG_UPDATE",
)
async def test_the_user_stream_tells_of_an_order_s_life() -> None:
    async with exchange() as venue:
        status, body, _ = await venue.send("PUT", "/fapi/v1/listenKey")
        assert (status, body["code"]) == (400, -1125)
        _, body, _ = await venue.send("POST", "/fapi/v1/listenKey")
        assert (await venue.send("POST", "/fapi/v1/listenKey"))[1] == body
        assert (await venue.send("PUT", "/fapi/v1/listenKey"))[1] == body
        async with stream(venue, f"/private/ws/{body['listenKey']}") as feed:
            await asyncio.sleep(0.05)
            placed = await order(venue, "BUY", "0.5", "100001.00")
            new = (await feed.next("ORDER_TRADE_UPDATE"))["o"]
            assert new["c"] == placed["clientOrderId"]
            assert (new["x"], new["X"], new["q"], new["er"]) == ("NEW", "NEW", "0.5", "0")
            lite = await feed.next("TRADE_LITE")
            money = (await feed.next("ACCOUNT_UPDATE"))["a"]
            fill = (await feed.next("ORDER_TRADE_UPDATE"))["o"]
            assert (lite["l"], fill["x"], fill["X"], fill["l"], fill["m"]) == (
                "0.5",
                "TRADE",
                "FILLED",
                "0.5",
                False,
            )
            assert (money["m"], money["P"][0]["pa"]) == ("ORDER", "0.5")
            _, balance, _ = await venue.send("GET", "/fapi/v3/balance")
            assert money["B"][0]["wb"] == balance[0]["balance"]
            resting = await order(venue, "BUY", "0.5", "99000.00")
            await venue.send("DELETE", "/fapi/v1/order", symbol="BTCUSDT", orderId=str(resting["orderId"]))
            assert (await feed.next("ORDER_TRADE_UPDATE"))["o"]["x"] == "NEW"
            assert (await feed.next("ORDER_TRADE_UPDATE"))["o"]["x"] == "CANCELED"
            await venue.send("POST", "/fapi/v1/leverage", symbol="BTCUSDT", leverage="7")
            assert (await feed.next("ACCOUNT_CONFIG_UPDATE"))["ac"] == {"s": "BTCUSDT", "l": 7}
        await venue.send("DELETE", "/fapi/v1/listenKey")
        assert (await venue.send("PUT", "/fapi/v1/listenKey"))[1]["code"] == -1125


@proves("listenKeyExpired")
async def test_a_listen_key_lives_an_hour_and_says_when_it_dies() -> None:
    async with exchange() as venue:
        key = (await venue.send("POST", "/fapi/v1/listenKey"))[1]["listenKey"]
        async with stream(venue, f"/private/ws/{key}") as feed:
            await asyncio.sleep(0.05)
            clock = venue.server._clock
            clock.epoch_start_ms += 3_600_000
            clock.run_until(clock.now() + 1_100_000_000)
            assert (await feed.next("listenKeyExpired"))["listenKey"] == key
            await order(venue, "BUY", "0.5", "99000.00")
            with pytest.raises(TimeoutError):
                await feed.next(within_s=0.3)


@proves("MARGIN_CALL", "<symbol>@forceOrder", "!forceOrder@arr")
async def test_a_liquidation_is_seen_by_its_owner_and_by_everybody() -> None:
    async with exchange(marking="median") as venue:
        key = (await venue.send("POST", "/fapi/v1/listenKey"))[1]["listenKey"]
        await venue.send("POST", "/fapi/v1/leverage", symbol="BTCUSDT", leverage="100")
        assert (await venue.ask("POST", "/transfer", {"account": "a0", "amount": "-9999000"}))[0] == 200
        async with (
            stream(venue, f"/private/ws/{key}") as mine,
            stream(venue, "/market/ws/!forceOrder@arr") as public,
        ):
            await asyncio.sleep(0.05)
            await order(venue, "BUY", "0.1", "100001.00")
            await venue.ask("POST", "/price", {"symbol": "BTCUSDT", "price": "90460.00"})
            await venue.ask("POST", "/price", {"symbol": "BTCUSDT", "price": "90460.00"})
            called = await mine.next("MARGIN_CALL")
            assert called["p"][0]["pa"] == "0.1"
            await venue.ask("POST", "/price", {"symbol": "BTCUSDT", "price": "90300.00"})
            forced = (await mine.next("ORDER_TRADE_UPDATE"))["o"]
            while not forced["c"].startswith("autoclose-") or forced["x"] != "CALCULATED":
                forced = (await mine.next("ORDER_TRADE_UPDATE"))["o"]
            assert (forced["X"], forced["S"]) == ("FILLED", "SELL")
            told = (await public.next("forceOrder"))["o"]
            assert (told["s"], told["S"], told["z"], told["X"]) == ("BTCUSDT", "SELL", "0.1", "FILLED")
        _, rows, _ = await venue.send("GET", "/fapi/v1/forceOrders")
        assert [row["clientOrderId"] for row in rows] == [forced["c"]]
        _, rows, _ = await venue.send("GET", "/fapi/v1/income", incomeType="INSURANCE_CLEAR")
        assert rows


@proves("CONDITIONAL_ORDER_TRIGGER_REJECT")
async def test_a_stop_s_way_through_the_user_stream() -> None:
    """EXPIRED (triggered), then NEW as a MARKET order of the same id, then its fills."""
    async with exchange(epoch=EPOCH) as venue:
        key = (await venue.send("POST", "/fapi/v1/listenKey"))[1]["listenKey"]
        await order(venue, "BUY", "0.5", "100001.00")
        async with stream(venue, f"/ws/{key}") as feed:
            await asyncio.sleep(0.05)
            row = {"symbol": "BTCUSDT", "side": "SELL", "type": "STOP_MARKET", "stopPrice": "99999.00"}
            status, placed, _ = await venue.send("POST", "/fapi/v1/order", **row, closePosition="true")
            assert (status, placed["type"], placed["closePosition"]) == (200, "STOP_MARKET", True)
            await order(venue, "SELL", "0.1", "99999.00", "IOC", account=1)
            seen = [(await feed.next("ORDER_TRADE_UPDATE"))["o"] for _ in range(4)]
            assert [(o["x"], o["o"], o["i"]) for o in seen] == [
                ("NEW", "STOP_MARKET", placed["orderId"]),
                ("EXPIRED", "STOP_MARKET", placed["orderId"]),
                ("NEW", "MARKET", placed["orderId"]),
                ("TRADE", "MARKET", placed["orderId"]),
            ]
            assert "er" not in seen[1]
            await venue.send(
                "POST", "/fapi/v1/order", **{**row, "stopPrice": "99998.00"}, closePosition="true"
            )
            await order(venue, "SELL", "60", "99970.00", "IOC", account=1)
            reject = (await feed.next("CONDITIONAL_ORDER_TRIGGER_REJECT"))["or"]
            assert reject["r"] == "ReduceOnly Order is rejected."


@proves("SUBSCRIBE", "UNSUBSCRIBE", "LIST_SUBSCRIPTIONS", "SET_PROPERTY", "GET_PROPERTY")
async def test_subscription_requests() -> None:
    async with exchange() as venue, stream(venue, "/market/ws") as feed:
        assert await feed.ask("SUBSCRIBE", "btcusdt@bookTicker", number=7) == {"result": None, "id": 7}
        assert (await feed.ask("LIST_SUBSCRIPTIONS"))["result"] == ["btcusdt@bookTicker"]
        assert (await feed.ask("GET_PROPERTY", "combined"))["result"] is False
        assert (await feed.ask("SET_PROPERTY", "combined", True))["result"] is None
        await order(venue, "BUY", "1", "99999.50")
        assert (await feed.next())["stream"] == "btcusdt@bookTicker"
        assert (await feed.ask("UNSUBSCRIBE", "btcusdt@bookTicker"))["result"] is None
        assert (await feed.ask("LIST_SUBSCRIPTIONS"))["result"] == []


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("nonsense", 3),
        ("[]", 2),
        ('{"method":"SUBSCRIBE"}', 2),
        ('{"method":"SUBSCRIBE","id":-1}', 2),
        ('{"method":"SUBSCRIBE","id":true}', 2),
        ('{"method":"NOPE","id":1}', 2),
        ('{"method":"SUBSCRIBE","params":["nope@x"],"id":1}', 2),
        ('{"method":"SUBSCRIBE","params":7,"id":1}', 2),
        ('{"method":"SUBSCRIBE","params":[7],"id":1}', 2),
        ('{"method":"SET_PROPERTY","params":["x"],"id":1}', 0),
        ('{"method":"SET_PROPERTY","params":["combined",1],"id":1}', 1),
        ('{"method":["SUBSCRIBE"],"id":1}', 2),
    ],
)
async def test_bad_requests_are_answered_and_the_connection_lives(text: str, code: int) -> None:
    async with exchange() as venue, stream(venue, "/market/ws") as feed:
        await feed.socket.send_str(text)
        assert (await feed.next())["error"]["code"] == code
        assert (await feed.ask("LIST_SUBSCRIPTIONS"))["result"] == []


async def test_too_many_requests_a_second_end_the_connection() -> None:
    async with exchange() as venue, stream(venue, "/market/ws") as feed:
        for number in range(11):
            await feed.socket.send_str(f'{{"method":"LIST_SUBSCRIPTIONS","id":{number}}}')
        last = [await feed.socket.receive() for _ in range(11)][-1]
        assert last.type in (aiohttp.WSMsgType.CLOSE, aiohttp.WSMsgType.CLOSED, aiohttp.WSMsgType.CLOSING)
        assert feed.socket.close_code == aiohttp.WSCloseCode.POLICY_VIOLATION


async def test_legacy_paths_are_gone_in_2026() -> None:
    async with exchange() as venue:
        with pytest.raises(aiohttp.WSServerHandshakeError) as refusal:
            await venue.session.ws_connect(f"http://127.0.0.1:{venue.port}/ws/btcusdt@depth")
        assert refusal.value.status == 404
        async with venue.session.get(f"http://127.0.0.1:{venue.port}/market/ws") as plain:
            assert plain.status == 400


async def test_a_consumer_that_does_not_read_is_dropped_and_nobody_else_notices() -> None:
    async with exchange(epoch=EPOCH) as venue, stream(venue, "/ws/btcusdt@bookTicker") as good:
        _, writer = await asyncio.open_connection("127.0.0.1", venue.port, limit=1)
        writer.write(
            b"GET /stream?streams=btcusdt@depth20 HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\n"
            b"Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
            b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
        )
        await good.next()
        feed = venue.server._feed
        assert feed is not None
        await until(lambda: feed.connections == 2)
        (slow,) = [consumer for consumer in feed._consumers if consumer.combined]
        big = Message("x", {"filler": "x" * 200_000})
        for _ in range(40):
            slow.put(big)
            feed._flush_all([slow])
        assert (slow.dropped, feed.dropped >= 1) == (True, True)
        status = (await venue.ask("GET", "/status"))[1]
        assert (status["stream_consumers_dropped"], status["internal_errors"]) == (feed.dropped, 0)
        await order(venue, "BUY", "1", "99999.50")
        assert (await good.next())["b"] == "99999.50"
        await until(lambda: feed.connections == 1)
        writer.close()


async def until(condition: Any) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while not condition():  # noqa: ASYNC110 - nobody tells when a socket is gone
            await asyncio.sleep(0.01)


async def test_a_reset_ends_streams_and_their_keys() -> None:
    async with exchange() as venue:
        key = (await venue.send("POST", "/fapi/v1/listenKey"))[1]["listenKey"]
        async with stream(venue, f"/private/ws/{key}") as feed:
            await asyncio.sleep(0.05)
            await venue.ask("POST", "/reset", {})
            message = await feed.socket.receive(timeout=PATIENCE_S)
            assert message.type in (
                aiohttp.WSMsgType.CLOSE,
                aiohttp.WSMsgType.CLOSED,
                aiohttp.WSMsgType.ERROR,
            )


def test_frames_of_every_length() -> None:
    assert frame(b"x" * 125)[:2] == b"\x81\x7d"
    assert frame(b"x" * 126)[:4] == b"\x81\x7e\x00\x7e"
    assert frame(b"x" * 65_536)[:10] == b"\x81\x7f" + (65_536).to_bytes(8, "big")


async def test_a_bar_is_sent_once_more_when_it_has_closed() -> None:
    async with exchange(epoch=EPOCH) as venue, stream(venue, "/ws/btcusdt@kline_1m") as feed:
        await order(venue, "BUY", "0.5", "100001.00")
        first = (await feed.next("kline"))["k"]
        while first["v"] == "0.000":  # sent before the order came
            first = (await feed.next("kline"))["k"]
        assert (first["v"], first["x"]) == ("0.500", False)
        venue.server._clock.epoch_start_ms += 60_000
        closed = (await feed.next("kline"))["k"]
        while closed["t"] == first["t"] and not closed["x"]:
            closed = (await feed.next("kline"))["k"]
        assert (closed["t"], closed["x"], closed["v"]) == (first["t"], True, "0.500")
        running = (await feed.next("kline"))["k"]
        assert (running["t"], running["x"], running["v"]) == (first["t"] + 60_000, False, "0.000")


async def test_a_client_id_that_looks_forced_is_not() -> None:
    async with exchange(epoch=EPOCH) as venue:
        key = (await venue.send("POST", "/fapi/v1/listenKey"))[1]["listenKey"]
        async with stream(venue, f"/ws/{key}") as feed:
            await asyncio.sleep(0.05)
            await order(venue, "BUY", "0.5", "100001.00", newClientOrderId="autoclose-1")
            assert (await feed.next("ORDER_TRADE_UPDATE"))["o"]["x"] == "NEW"
            assert (await feed.next("ORDER_TRADE_UPDATE"))["o"]["x"] == "TRADE"
        assert (await venue.send("GET", "/fapi/v1/forceOrders"))[1] == []


async def test_leaving_nothing_ends_nothing() -> None:
    async with exchange(epoch=EPOCH) as venue:
        key = (await venue.send("POST", "/fapi/v1/listenKey"))[1]["listenKey"]
        async with stream(venue, f"/ws/{key}") as feed:
            assert (await feed.ask("UNSUBSCRIBE", ""))["result"] is None
            assert (await feed.ask("LIST_SUBSCRIPTIONS"))["result"] == [key]
            await order(venue, "BUY", "0.5", "99000.00")
            assert (await feed.next("ORDER_TRADE_UPDATE"))["o"]["x"] == "NEW"
