"""The exchange over real sockets: answers, headers, bad bytes, control port, metrics."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from loadgen.drive.answers import read_answer
from mock_exchange.errors import NGINX_503, SERVICE_UNAVAILABLE
from mock_exchange.gateway.policies.messages import NodeView
from run_records.journal import WatchRow, read_journal
from tests.support import plan_of, proves
from tests.wire.served import exchange

ORDER = {
    "symbol": "BTCUSDT",
    "side": "BUY",
    "type": "LIMIT",
    "timeInForce": "IOC",
    "quantity": "0.002",
    "price": "100200.00",
}


async def test_an_order_from_socket_to_book_and_back() -> None:
    async with exchange() as venue:
        status, body, headers = await venue.send("POST", "/fapi/v1/order", **ORDER, newOrderRespType="RESULT")
        assert (status, body["status"], body["executedQty"], body["avgPrice"]) == (
            200,
            "FILLED",
            "0.002",
            "100001.00000",
        )
        assert headers["X-MBX-ORDER-COUNT-10S"] == headers["X-MBX-ORDER-COUNT-1M"] == "1"
        assert headers["Content-Type"] == "application/json"
        status, risk, headers = await venue.send("GET", "/fapi/v3/positionRisk")
        assert [(row["positionAmt"], row["entryPrice"]) for row in risk] == [("0.002", "100001")]
        assert headers["X-MBX-USED-WEIGHT-1M"] == "5"


async def test_ack_answers_new_even_for_an_order_that_filled() -> None:
    async with exchange() as venue:
        _, body, _ = await venue.send("POST", "/fapi/v1/order", **ORDER)
        assert (body["status"], body["executedQty"]) == ("NEW", "0")
        _, found, _ = await venue.send(
            "GET", "/fapi/v1/order", symbol="BTCUSDT", orderId=str(body["orderId"])
        )
        assert found["status"] == "FILLED"
        assert "cumQty" not in found


async def test_a_waiting_order_is_answered_when_its_time_comes() -> None:
    async with exchange(service={"law": "constant", "mean_ms": 20}) as venue:
        results = await asyncio.gather(*(venue.send("POST", "/fapi/v1/order", **ORDER) for _ in range(3)))
        assert [status for status, _, _ in results] == [200] * 3


@proves("-1008")
async def test_sheds_carry_the_text_of_their_epoch_and_no_order_count() -> None:
    for epoch, words in (("2025-10-10", "overloaded with other requests"), ("2026", "are exempt")):
        async with exchange(
            policy="undifferentiated", slots=1, handling={"law": "constant", "mean_ms": 50}, epoch=epoch
        ) as venue:
            first = asyncio.create_task(venue.send("POST", "/fapi/v1/order", **ORDER))
            await asyncio.sleep(0.01)
            status, body, headers = await venue.send("POST", "/fapi/v1/order", **ORDER)
            assert (status, body["code"]) == (503, -1008)
            assert words in body["msg"]
            assert "X-MBX-ORDER-COUNT-10S" not in headers
            await first


async def test_the_503_of_unknown_fate_has_no_code() -> None:
    async with exchange(service={"law": "constant", "mean_ms": 100}, deadline_ms=10) as venue:
        status, body, _ = await venue.send("POST", "/fapi/v1/order", **ORDER)
        assert status == 503
        assert set(body) == {"timestamp", "path", "msg"}
        assert body["path"] == "/fapi/v1/order"


@proves("-1101")
async def test_unsigned_and_public_endpoints() -> None:
    async with exchange() as venue:
        base = f"http://127.0.0.1:{venue.port}"
        for path in (
            "ping",
            "time",
            "exchangeInfo",
            "depth?symbol=BTCUSDT&limit=5",
            "ticker/bookTicker",
            "premiumIndex?symbol=BTCUSDT",
        ):
            async with venue.session.get(f"{base}/fapi/v1/{path}") as answer:
                assert answer.status == 200, path
        for path, status, code in (
            ("depth?symbol=BTCUSDT&limit=3", 400, -4021),
            ("depth?symbol=BTCUSDT&limit=1500", 400, -1130),
            ("ticker/bookTicker?symbol=NOPE", 400, -1121),
            ("order?symbol=BTCUSDT", 401, -2014),
            ("depth?symbol=BTCUSDT&symbol=BTCUSDT", 400, -1101),
            ("nothing/here", 404, -1099),
        ):
            async with venue.session.get(f"{base}/fapi/v1/{path}") as answer:
                assert (answer.status, (await answer.json())["code"]) == (status, code), path


@pytest.mark.parametrize(
    "garbage", [b"\x00\xff" * 50, b"GET / HTTP/9.9\r\n\r\n", b"POST /fapi/v1/order HTTP/1.1\r\n"]
)
async def test_garbage_does_not_hurt_the_next_client(garbage: Any) -> None:
    async with exchange() as venue:
        reader, writer = await asyncio.open_connection("127.0.0.1", venue.port)
        writer.write(garbage)
        writer.write_eof()
        await asyncio.wait_for(reader.read(), 5)
        writer.close()
        status, _, _ = await venue.send("POST", "/fapi/v1/order", **ORDER)
        assert status == 200


async def test_bodies_that_are_no_text_are_refused_not_crashed() -> None:
    async with exchange() as venue:
        url = f"http://127.0.0.1:{venue.port}/fapi/v1/order"
        headers = {"X-MBX-APIKEY": venue.access[0].api_key}
        async with venue.session.post(url, data=b"\xff\xfe=\x80&signature=\xff", headers=headers) as answer:
            assert (answer.status, (await answer.json())["code"]) == (400, -1102)


async def test_account_endpoints_agree_with_each_other() -> None:
    async with exchange(position="1") as venue:
        _, v3, _ = await venue.send("GET", "/fapi/v3/account")
        _, v2, _ = await venue.send("GET", "/fapi/v2/account")
        _, balance, _ = await venue.send("GET", "/fapi/v3/balance")
        assert v3["totalWalletBalance"] == v2["totalWalletBalance"] == balance[0]["balance"]
        assert [row["positionAmt"] for row in v3["positions"]] == ["1.000"]
        assert len(v2["positions"]) == 6
        _, brackets, _ = await venue.send("GET", "/fapi/v1/leverageBracket", symbol="BTCUSDT")
        assert brackets[0]["brackets"][0]["initialLeverage"] == 125


async def test_leverage_and_position_mode() -> None:
    async with exchange() as venue:
        assert (await venue.send("POST", "/fapi/v1/leverage", symbol="BTCUSDT", leverage="10"))[1][
            "leverage"
        ] == 10
        for leverage, code in (("0", -4028), ("126", -4028), ("x", -1100)):
            _, body, _ = await venue.send("POST", "/fapi/v1/leverage", symbol="BTCUSDT", leverage=leverage)
            assert body["code"] == code
        await venue.send("POST", "/fapi/v1/positionSide/dual", dualSidePosition="true")
        assert (await venue.send("GET", "/fapi/v1/positionSide/dual"))[1] == {"dualSidePosition": True}
        _, body, _ = await venue.send("POST", "/fapi/v1/positionSide/dual", dualSidePosition="true")
        assert body["code"] == -4059


async def test_control_port_asks_for_its_token() -> None:
    async with exchange() as venue:
        assert (await venue.ask("GET", "/status", token="wrong"))[0] == 403
        status, body = await venue.ask("GET", "/status")
        assert (status, body["in_flight"]) == (200, 0)


async def test_how_the_machine_kept_up_is_written_down_at_the_end_of_a_run_alone() -> None:
    """Whoever else asks for the status must not change what a journal says of a run."""
    async with exchange() as venue:
        await venue.ask("GET", "/status")
        _, told = await venue.ask("POST", "/end")
        await venue.ask("GET", "/status")
        await venue.ask("POST", "/end")
        rows = [row for row in venue.server.venue.journal.rows if isinstance(row, WatchRow)]
        assert [row.report.loop_lag_max_ms for row in rows] == [told["loop_lag_max_ms"]]


async def test_control_port_switches_seeds_and_resets() -> None:
    async with exchange(position="1") as venue:
        assert (await venue.ask("POST", "/switch", {"policy": "nope"}))[0] == 400
        assert (await venue.ask("POST", "/switch", {"wrong": 1}))[0] == 400
        assert (await venue.ask("POST", "/switch", {"policy": 5}))[0] == 400
        assert (await venue.ask("POST", "/switch", {"policy": "none", "parameters": [1]}))[0] == 400
        switched = {"policy": "exempt", "slots": 7, "service": {"law": "constant", "mean_ms": 1}}
        assert (await venue.ask("POST", "/switch", switched))[0] == 200
        assert venue.server.venue.gateway.backend.nodes[0].slots == 7
        _, before = await venue.ask("GET", "/snapshot")
        await venue.send("POST", "/fapi/v1/order", **ORDER)
        _, after = await venue.ask("GET", "/snapshot")
        assert before["state_hash"] != after["state_hash"]
        assert after["money_conserved"]
        await venue.ask("POST", "/reset")
        _, fresh = await venue.ask("GET", "/snapshot")
        assert fresh["state_hash"] == before["state_hash"]
        plan = plan_of(accounts=3).to_dict()
        assert (await venue.ask("POST", "/seed", {"plan": plan}))[1] == {"seeded": 3}
        assert (await venue.ask("POST", "/seed", {"plan": {"schema": "x"}}))[0] == 400


async def test_metrics_count_what_happened() -> None:
    async with exchange(policy="undifferentiated") as venue:
        await venue.send("POST", "/fapi/v1/order", **ORDER)
        async with venue.session.get(f"{venue.control}/metrics") as answer:
            text = await answer.text()
        assert (
            'fireexit_exchange_outcomes_total{class="opening",code="0",outcome="accepted",stage="filled"} 1.0'
            in text
        )
        assert 'fireexit_exchange_gateway_to_engine_seconds_count{class="opening"} 1.0' in text
        assert 'fireexit_exchange_slots{node="0"} 20.0' in text


async def test_start_begins_with_a_fresh_venue_and_an_empty_journal(tmp_path: Path) -> None:
    """A deadline armed before the start must not be lost with it, nor may work of old still be queued."""
    async with exchange(service={"law": "constant", "mean_ms": 60}, deadline_ms=20) as venue:
        status, _, _ = await venue.send("POST", "/fapi/v1/order", **ORDER)
        assert status == 503
        started = await venue.ask("POST", "/start", {"zero_ns": time.monotonic_ns()})
        assert started == (200, {"started": True})
        status, _, _ = await asyncio.wait_for(venue.send("POST", "/fapi/v1/order", **ORDER), 5)
        assert status == 503
        await asyncio.sleep(0.1)
        kinds = [row.__struct_config__.tag for row in read_journal(venue.server.venue.journal.path)]
        assert (kinds.count("outcome"), kinds.count("order") > 0) == (1, True)
        venue.server.venue.journal.close()


async def test_what_a_message_echoes_is_plain_text() -> None:
    async with exchange(epoch="2025-10-10") as venue:
        wanted = '[{"symbol":"BTCUSDT","side":"BUY","type":"STOP","stopPrice":"1","workingType":"\u00ff"}]'
        status, body, _ = await venue.send("POST", "/fapi/v1/batchOrders", batchOrders=wanted)
        assert (status, body) == (200, [{"code": -4031, "msg": "Invalid parameter working type: `?`"}])


class Failing:
    """A policy with a mistake in it."""

    def admit(self, request: pytest.FixtureRequest, node: NodeView) -> None:
        raise ZeroDivisionError


@proves("-1000")
async def test_a_policy_that_fails_answers_500_and_is_counted(caplog: pytest.LogCaptureFixture) -> None:
    async with exchange(policy=f"{__name__}:Failing") as venue:
        status, body, _ = await venue.send("POST", "/fapi/v1/order", **ORDER)
        assert (status, body["code"]) == (500, -1000)
        assert (await venue.ask("GET", "/status"))[1]["internal_errors"] == 1
        assert "ZeroDivisionError" in caplog.text


async def test_head_requests_and_closing_clients_are_framed_right() -> None:
    async with exchange() as venue:
        reader, writer = await asyncio.open_connection("127.0.0.1", venue.port)
        for method, closing in (("HEAD", ""), ("GET", "Connection: close\r\n")):
            writer.write(f"{method} /fapi/v1/ping HTTP/1.1\r\nHost: x\r\n{closing}\r\n".encode())
        text = (await asyncio.wait_for(reader.read(), 5)).decode()
        first, second = text.split("HTTP/1.1 ")[1:]
        assert (first[:3], first[-4:]) == ("404", "\r\n\r\n")
        assert (second[:3], second[-6:]) == ("200", "\r\n\r\n{}")
        assert ["Connection: close" in part for part in (first, second)] == [False, True]
        writer.close()


async def test_a_front_end_that_is_down_as_clients_see_it() -> None:
    """The documented JSON that has failed for sure, and a proxy page that tells nothing; switched on
    and off over the control port."""
    async with exchange() as venue:
        for state, kind, code in (
            ("refusing", "application/json", SERVICE_UNAVAILABLE),
            ("gone", "text/html", NGINX_503),
        ):
            await venue.ask("POST", "/switch", {"front_end": state})
            url = f"http://127.0.0.1:{venue.port}/fapi/v1/time"
            async with aiohttp.ClientSession() as session, session.get(url) as answer:
                body = await answer.read()
                assert (answer.status, answer.headers["Content-Type"]) == (503, kind)
            assert read_answer(503, body)[0] == code
        assert body.startswith(b"<html>")
        await venue.ask("POST", "/switch", {"front_end": "up"})
        assert (await venue.send("GET", "/fapi/v1/time"))[0] == 200
        assert (await venue.ask("POST", "/switch", {"front_end": "on fire"}))[0] == 400
