"""Keys, signatures, the time window: the venue's own worked examples and each documented mistake."""

from __future__ import annotations

import pytest

from mock_exchange.errors import Refused
from mock_exchange.gateway.attempt import Call
from mock_exchange.gateway.authentication import Authenticator, Signature, verify_by_secret
from mock_exchange.wire.request import parse_call
from tests.support import engine_with, proves, refused

KEY = "dbefbc809e3e83c283a984c3a1459732ea7db1360ca80c5c2c8867408d28cc83"
SECRET = "2b5eb11e18796d12d88f13dc27dbbd02c2cc51ff7059765ed9821957d82bb4d9"
NOW = 1_591_702_613_943
QUERY = (
    "symbol=BTCUSDT&side=BUY&type=LIMIT&quantity=1&price=9000&timeInForce=GTC&recvWindow=5000"
    f"&timestamp={NOW}"
)
SIGNED_QUERY = "3c661234138461fcc7a7d8746c6558c9842d4e10870d2ecbedf7777cad694af9"
MIXED = (
    "symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC",
    f"quantity=1&price=9000&recvWindow=5000&timestamp={NOW}",
)
SIGNED_MIXED = "30baaf0fab549bbeda7f5ef201898b34122da25fd23c646cac2c529aebe670a4"


def keys() -> Authenticator:
    _, (account,) = engine_with("a")
    known = Authenticator()
    known.add(KEY, verify_by_secret(SECRET), account)
    return known


def call(query: str = "", body: str = "", key: str = KEY) -> Call:
    target = f"/fapi/v1/order?{query}" if query else "/fapi/v1/order"
    return parse_call("POST", target, body, key, "127.0.0.1")


def test_documented_signatures() -> None:
    assert Signature(SECRET).sign(QUERY.encode()) == SIGNED_QUERY
    assert Signature(SECRET).sign("".join(MIXED).encode()) == SIGNED_MIXED


@pytest.mark.parametrize(
    ("query", "body"),
    [
        (f"{QUERY}&signature={SIGNED_QUERY}", ""),
        ("", f"{QUERY}&signature={SIGNED_QUERY.upper()}"),
        (MIXED[0], f"{MIXED[1]}&signature={SIGNED_MIXED}"),
        (f"{MIXED[0]}&signature={SIGNED_MIXED}", MIXED[1]),
    ],
)
def test_signed_wherever_the_parameters_travel(query: str, body: str) -> None:
    assert keys().authenticate(call(query, body), NOW).name == "a"


@proves("-1022")
def test_a_changed_parameter_breaks_the_signature() -> None:
    forged = QUERY.replace("quantity=1", "quantity=2")
    with refused(-1022):
        keys().authenticate(call(f"{forged}&signature={SIGNED_QUERY}"), NOW)


def test_signature_of_non_ascii_text_is_just_wrong() -> None:
    with refused(-1022):
        keys().authenticate(call(f"{QUERY}&signature=%C3%A9%C3%A9"), NOW)


@proves("-1102")
def test_missing_parts() -> None:
    with refused(-1102):
        keys().authenticate(call(QUERY), NOW)
    with refused(-1102):
        keys().authenticate(call("symbol=BTCUSDT&signature=00"), NOW)


@proves("-2014", "-2015")
@pytest.mark.parametrize(
    ("key", "code"), [("", -2014), ("short", -2014), ("x" * 64, -2015), ("é" * 64, -2014)]
)
def test_unknown_keys(key: str, code: int) -> None:
    with refused(code):
        keys().authenticate(call(f"{QUERY}&signature={SIGNED_QUERY}", key=key), NOW)


@proves("-1021")
@pytest.mark.parametrize(
    ("server_ms", "code", "variant"),
    [
        (NOW + 5000, None, None),
        (NOW + 5001, -1021, None),
        (NOW - 999, None, None),
        (NOW - 1000, -1021, 1),
    ],
)
def test_time_window_both_ways(server_ms: int, code: int | None, variant: int | None) -> None:
    signed = call(f"{QUERY}&signature={SIGNED_QUERY}")
    if code is None:
        keys().authenticate(signed, server_ms)
        return
    with pytest.raises(Refused) as caught:
        keys().authenticate(signed, server_ms)
    assert (caught.value.code, caught.value.variant) == (code, variant)


@pytest.mark.parametrize(
    ("parameter", "code"),
    [
        ("recvWindow=60001", -1130),
        ("recvWindow=-1", -1100),
        ("recvWindow=1e3", -1100),
        ("recvWindow=", -1102),
    ],
)
def test_bad_receive_windows(parameter: str, code: int) -> None:
    query = QUERY.replace("recvWindow=5000", parameter)
    signature = Signature(SECRET).sign(query.encode())
    with refused(code):
        keys().authenticate(call(f"{query}&signature={signature}"), NOW)
