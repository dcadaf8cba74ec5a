"""Parsing what clients really send."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from hypothesis import given
from hypothesis import strategies as st

from mock_exchange.wire.request import parse_call, parse_pairs, signed_text
from tests.support import refused

text = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)


@given(st.dictionaries(text.filter(bool), text, max_size=6))
def test_whatever_urlencode_writes_is_read_back(params: dict[str, Any]) -> None:
    assert parse_pairs(urlencode(params)) == params


@given(text)
def test_any_text_parses_or_is_refused(raw: str) -> None:
    parts = [part.partition("=")[0] for part in raw.split("&") if part]
    try:
        params = parse_pairs(raw)
    except Exception as error:
        assert getattr(error, "code", None) == -1101
    else:
        assert len(params) == len(parts)


def test_a_name_twice_is_refused_but_the_query_wins_over_the_body() -> None:
    with refused(-1101):
        parse_pairs("a=1&a=2")
    call = parse_call("POST", "/p?a=query", "a=body&b=2", "", "")
    assert call.params == {"a": "query", "b": "2"}


def test_raw_json_in_the_body_is_kept() -> None:
    """As ccxt sends batches: not percent-encoded."""
    call = parse_call("POST", "/p", 'batchOrders=[{"symbol":"BTCUSDT"}]&timestamp=1&signature=ab', "", "")
    assert call.params["batchOrders"] == '[{"symbol":"BTCUSDT"}]'
    assert call.payload == b'batchOrders=[{"symbol":"BTCUSDT"}]&timestamp=1'


def test_what_is_signed_is_the_text_as_sent() -> None:
    assert signed_text("a=%20&signature=x", "b=2") == "a=%20b=2"
    assert signed_text("a=1", "signature=x") == "a=1"
    assert signed_text("signature=x&a=1", "") == "a=1"
    assert signed_text("mysignature=x", "") == "mysignature=x"


def test_a_key_that_is_no_hex_identifies_nothing() -> None:
    assert parse_call("POST", "/p", "signature=]%2C[", "", "").key == ""
