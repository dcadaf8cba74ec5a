"""The OpenAPI page, the parser and the refusals agree about every parameter, in both epochs.

The page alone says what is good and what a mistake meets; requests made from it are read by the endpoint and
sent through a gateway.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mock_exchange.errors import EPOCHS, Refused
from mock_exchange.gateway.parameters.orders import PLAIN
from mock_exchange.wire.openapi import document
from mock_exchange.wire.routes import ROUTES
from tests.support import EPOCH_MS, Caller, examples, venue_of

Row = dict[str, Any]
SIGNING = ("timestamp", "recvWindow", "signature")
LATER = str(EPOCH_MS + 10**9)
ORDERS: list[dict[str, str]] = [
    {"type": "LIMIT", "timeInForce": "GTC", "quantity": "1", "price": "99000"},
    {"type": "LIMIT", "timeInForce": "GTD", "quantity": "1", "price": "99000", "goodTillDate": LATER},
    {"type": "LIMIT", "timeInForce": "GTC", "quantity": "1", "priceMatch": "QUEUE"},
    {"type": "MARKET", "quantity": "1"},
    {"type": "STOP", "quantity": "1", "price": "101000", "stopPrice": "101000"},
    {"type": "STOP_MARKET", "quantity": "1", "stopPrice": "101000"},
    {"type": "STOP_MARKET", "closePosition": "true", "stopPrice": "101000"},
    {"type": "TAKE_PROFIT", "quantity": "1", "price": "99000", "stopPrice": "99000"},
    {"type": "TAKE_PROFIT_MARKET", "quantity": "1", "stopPrice": "99000"},
]
"""One good order of each shape; of those with a trigger only the epoch that takes them has any."""
GOOD = {
    "symbol": "BTCUSDT",
    "side": "BUY",
    "quantity": "1",
    "price": "99000",
    "orderId": "1",
    "interval": "1m",
    "leverage": "5",
    "countdownTime": "0",
    "marginType": "CROSSED",
    "dualSidePosition": "true",
    "multiAssetsMargin": "true",
    "orderIdList": "[1]",
    "batchOrders": '[{"symbol":"BTCUSDT"}]',
}
"""What requests are made of where a parameter is required, or one of several is."""
NEEDED = r"Needed( for [^.,]*(?:, [A-Z_]+)*)?(?:, unless (\w+) takes its place)?\."
CLIENT_IDS = ("newClientOrderId", "origClientOrderId")
ONE_OF = ("orderId", "orderIdList")


def operations(epoch: str) -> Iterator[tuple[str, str, list[Row]]]:
    for path, methods in document(epoch)["paths"].items():
        for method, operation in methods.items():
            rows = [row for row in operation["parameters"] if row["name"] not in SIGNING]
            yield method.upper(), path, rows


CASES = [
    (epoch, method, path, row) for epoch in EPOCHS for method, path, rows in operations(epoch) for row in rows
]
NAMES = [f"{epoch} {method} {path} {row['name']}" for epoch, method, path, row in CASES]


def bases(epoch: str, method: str, path: str) -> list[dict[str, str]]:
    """Requests that the endpoint takes as they are."""
    rows = next(rows for m, p, rows in operations(epoch) if (m, p) == (method, path))
    names = {row["name"] for row in rows}
    if "newClientOrderId" in names:
        shapes = ORDERS if epoch == EPOCHS[0] else [order for order in ORDERS if order["type"] in PLAIN]
        return [{"symbol": "BTCUSDT", "side": "BUY", **order} for order in shapes]
    wanted = {row["name"] for row in rows if row["required"]} | {name for name in ONE_OF if name in names}
    if "priceMatch" in names:
        wanted.add("price")
    base = {name: GOOD[name] for name in sorted(wanted)}
    return [base, {**{k: v for k, v in base.items() if k != "price"}, "priceMatch": "QUEUE"}][
        : 1 + ("price" in base)
    ]


def code_of(epoch: str, method: str, path: str, params: dict[str, str]) -> int:
    """What the endpoint's reader says: 0 if it takes the parameters."""
    route = ROUTES[method, path]
    try:
        route.read(params, epoch, EPOCH_MS, 0)
    except Refused as refusal:
        return refusal.code
    return 0


def applicable(epoch: str, method: str, path: str, row: Row) -> list[dict[str, str]]:
    """Bases whose type of order may have the parameter, by what the page says of it."""
    barred = re.search(r"Refused with \S+ for ([^.]*)\.", row.get("description", ""))
    types = barred[1].split(", ") if barred else []
    found = [base for base in bases(epoch, method, path) if base.get("type") not in types]
    return found or bases(epoch, method, path)  # what no order may use is refused with every order


def fits(row: Row, text: str) -> Any:
    """Whether the page's schema allows a text."""
    schema = row["schema"]
    if "contentSchema" in schema:
        return fits_list(schema["contentSchema"], text)
    if schema["type"] == "integer":
        if re.fullmatch(r"[0-9]{1,18}", text, re.ASCII) is None:
            return False
        if "enum" in schema:
            return text in map(str, schema["enum"])
        return schema["minimum"] <= int(text) <= schema["maximum"]
    if "enum" in schema:
        return text in schema["enum"]
    return "pattern" not in schema or re.fullmatch(schema["pattern"], text, re.ASCII) is not None


def fits_list(schema: Row, text: str) -> bool:
    try:
        rows = orjson.loads(text)
    except orjson.JSONDecodeError:
        return False
    kinds = {"integer": int, "string": str, "object": dict}
    wanted = kinds[schema["items"]["type"]]
    return (
        isinstance(rows, list)
        and all(type(row) is wanted for row in rows)
        and schema["minItems"] <= len(rows) <= schema["maxItems"]
    )


def mistakes(row: Row) -> Iterator[str]:
    """Texts that the schema does not allow, each just outside."""
    schema = row["schema"]
    if "contentSchema" in schema:
        yield from ("nonsense", "{}", "[true]", "[[]]")
        item = {"integer": 1, "string": "a", "object": {}}[schema["contentSchema"]["items"]["type"]]
        yield orjson.dumps([item] * (schema["contentSchema"]["maxItems"] + 1)).decode()
        yield "[]"
    elif schema["type"] == "integer":
        yield from ("x", "-1", "1.0", "9" * 19, "٣")
        if "enum" in schema:
            yield from ("7", "100000")
        else:
            if schema["minimum"]:
                yield str(schema["minimum"] - 1)
            if schema["maximum"] < 10**18 - 1:
                yield str(schema["maximum"] + 1)
    elif "enum" in schema:
        yield from ("NOPE", f"{schema['enum'][0]} ", schema["enum"][0].lower() + "x")
    elif "pattern" in schema:
        yield from ("ü", "a b", "1e5 ", " ")
        if "0" in schema.get("examples", ()):
            yield "1"
        if schema.get("examples") == ["false"]:
            yield "true"


def goods(row: Row) -> list[str]:
    """Texts that the schema allows, at its edges."""
    schema = row["schema"]
    if "contentSchema" in schema:
        return [GOOD.get(row["name"], '["a"]')]
    if schema["type"] == "integer":
        if row["name"] == "goodTillDate":
            return [LATER]
        if row["name"].endswith("Time"):
            return ["0"]
        return [str(n) for n in schema.get("enum", (schema.get("minimum"), schema.get("maximum")))]
    if "pattern" in schema:
        return schema.get("examples") or [GOOD.get(row["name"], "99000" if "rice" in row["name"] else "a-1")]
    return list(schema.get("enum", ["anything"]))


@pytest.mark.parametrize("case", CASES, ids=NAMES)
def test_every_value_that_the_page_allows_is_taken(case: tuple[str, str, str, dict[str, Any]]) -> None:
    epoch, method, path, row = case
    for text in goods(row):
        assert fits(row, text)
        taken = [code_of(epoch, method, path, {**b, row["name"]: text}) for b in bases(epoch, method, path)]
        assert 0 in taken, (text, taken)


@pytest.mark.parametrize("case", CASES, ids=NAMES)
def test_every_mistake_meets_the_code_that_the_page_says(case: tuple[str, str, str, dict[str, Any]]) -> None:
    epoch, method, path, row = case
    tried = 0
    for text in mistakes(row):
        assert not fits(row, text)
        for base in applicable(epoch, method, path, row):
            code = code_of(epoch, method, path, {**base, row["name"]: text})
            assert code in {row["x-refused-with"], -1100, -1130}, (text, base)
            tried += 1
    assert tried or "x-refused-with" not in row


@pytest.mark.parametrize("case", CASES, ids=NAMES)
def test_what_is_missing_or_empty_is_told(case: tuple[str, str, str, dict[str, Any]]) -> None:
    epoch, method, path, row = case
    name = row["name"]
    needed = re.search(
        r"Needed( for [^.,]*(?:, [A-Z_]+)*)?(?:, unless (\w+) takes its place)?\.", row.get("description", "")
    )
    types = needed[1].removeprefix(" for ").split(", ") if needed and needed[1] else []
    instead = needed[2] if needed else None
    for base in bases(epoch, method, path):
        without = {key: text for key, text in base.items() if key != name}
        for_this_type = needed and (not types or base.get("type") in types) and instead not in base
        if row["required"] or for_this_type:
            assert code_of(epoch, method, path, without) == -1102
        wanted = -1102 if row["required"] or needed else -1118 if name in CLIENT_IDS else -1105
        assert code_of(epoch, method, path, {**base, name: ""}) == wanted


@pytest.mark.parametrize("epoch", EPOCHS)
def test_the_gateway_answers_what_the_reader_says(epoch: str) -> None:
    """Through all stages, for every mistake in every parameter: same code, status 400, no slot taken."""
    venue, _ = venue_of(
        epoch=epoch, limits={"orders_per_10s": 10**9, "orders_per_minute": 10**9, "weight_per_minute": 10**9}
    )
    caller = Caller(venue)
    sent = 0
    for method, path, rows in operations(epoch):
        for row in rows:
            for text in mistakes(row):
                params = {**bases(epoch, method, path)[0], row["name"]: text}
                (answer,) = caller(method, path, **params)
                assert (answer.http, answer.code) == (400, code_of(epoch, method, path, params))
                sent += 1
    assert sent > 300
    assert venue.gateway.backend.nodes[0].held_ns == 0


texts = st.one_of(st.text(max_size=30), st.from_regex(r"[0-9]{1,19}(\.[0-9]{1,3})?", fullmatch=True))


@examples(3000)
@given(st.sampled_from(CASES), texts)
def test_any_text_at_all(case: tuple[str, str, str, dict[str, Any]], text: str) -> None:
    """Taken if and only if the schema allows it; more decimals than the symbol has are the one thing that no
    schema can say (-1111), and how soon an order may end the other (-5040)."""
    epoch, method, path, row = case
    if not text:
        return
    for base in applicable(epoch, method, path, row)[:2]:
        code = code_of(epoch, method, path, {**base, row["name"]: text})
        if fits(row, text):
            wrong = {row.get("x-refused-with"), -1100, -1130} - {-5040}
            assert code == 0 or code not in wrong
        else:
            assert code != 0
