"""Requests drawn from the OpenAPI description: most of them nearly right, some of them not at all."""

from __future__ import annotations

import random
import time
import urllib.parse
from collections.abc import Callable
from typing import Any

import orjson

from mock_exchange.gateway.authentication import Signature
from mock_exchange.plan import Access

NASTY = (
    "",
    " ",
    "0",
    "-1",
    "-0",
    "+1",
    "1e309",
    "1E5",
    "NaN",
    "Infinity",
    "0x10",
    "1_000",
    "٣",
    "½",
    "\x00",
    "\n",
    "\r\n",
    "💥",
    "ÿ",
    "%",
    "%zz",
    "+",
    "&",
    "=",
    "null",
    "true",
    "TRUE",
    "None",
    "[]",
    "{}",
    "[[",
    '"',
    "'",
    "\\",
    "../..",
    "a" * 40,
    "9" * 30,
    "0." + "0" * 30 + "1",
    "1.",
    ".1",
    "--",
    "<html>",
    "{{7*7}}",
    "BTCUSDT ",
    "btcusdt",
)
PRICES = ("113000.00", "112000.00", "113500.1", "100000.00", "118000.00", "3850.00", "0.192450", "2.4")
QUANTITIES = ("0.001", "0.01", "1", "5", "100", "0.5", "1000", "250000", "0.0001")


class Requests:
    """Seeded requests over every operation of a description."""

    def __init__(self, description: dict[str, Any], accounts: list[Access], seed: int) -> None:
        self._random = random.Random(seed)
        self._operations = [
            (method.upper(), path, operation)
            for path, methods in description["paths"].items()
            for method, operation in methods.items()
        ]
        self._signers = [(access.api_key, Signature(access.secret)) for access in accounts]
        self._pick = self._random.choice

    def draw(self) -> bytes:
        """One request as bytes on the wire."""
        method, path, operation = self._pick(self._operations)
        if self._chance(0.01):
            method = self._pick(("GET", "PUT", "PATCH", "HEAD", "OPTIONS", "DELETE"))
        signed = any(row["name"] == "signature" for row in operation["parameters"])
        fields = self._fields(operation["parameters"])
        if self._chance(0.02):
            fields.append((self._pick(fields)[0] if fields else "symbol", self._pick(NASTY)))
        key, signer = self._pick(self._signers)
        encode = urllib.parse.urlencode if not self._chance(0.03) else _carelessly
        query, body = self._split(method, fields, encode)
        if signed:
            text = (
                f"timestamp={self._timestamp()}&recvWindow={self._pick(('5000', '60000', '60000', '0', 'x'))}"
            )
            query = f"{query}&{text}" if query else text
            signature = signer.sign((query + body).encode("utf-8", "surrogateescape"))
            if self._chance(0.02):
                signature = urllib.parse.quote(self._pick(NASTY))
            query += f"&signature={signature}"
        if self._chance(0.02):
            key = self._pick(("", "short", "x" * 64, "ÿ" * 20))
        return _wire(method, path, query, body, key)

    def _fields(self, parameters: list[dict[str, Any]]) -> list[tuple[str, str]]:
        fields = []
        for row in parameters:
            if row["name"] in ("timestamp", "recvWindow", "signature"):
                continue
            if self._chance(0.97 if row["required"] else 0.4):
                fields.append((row["name"], self._value(row["name"], row["schema"])))
        self._random.shuffle(fields)
        return fields

    def _value(self, name: str, schema: dict[str, Any]) -> str:
        if self._chance(0.08):
            return self._pick(NASTY)
        if choices := schema.get("enum", schema.get("examples")):
            return str(self._pick(choices))
        if schema["type"] == "integer":
            return str(self._integer(schema))
        if "contentMediaType" in schema:
            return self._json(name)
        if name in ("price", "stopPrice"):
            return self._pick(PRICES)
        if name == "quantity":
            return self._pick(QUANTITIES)
        return self._pick(("a", "order-1", "x" * 36, "COMMISSION", "TRANSFER"))

    def _integer(self, schema: dict[str, Any]) -> int:
        least, most = schema["minimum"], schema["maximum"]
        now = int(time.time() * 1000)
        choices: tuple[Callable[[], int], ...] = (
            lambda: least,
            lambda: most,
            lambda: least - 1,
            lambda: most + 1,
            lambda: self._random.randint(1, 50),
            lambda: now + self._random.randint(-(10**6), 10**6),
        )
        return self._pick(choices)()

    def _json(self, name: str) -> str:
        if "List" in name:
            rows: Any = [self._random.randint(1, 40) for _ in range(self._random.randint(0, 12))]
            if "Client" in name:
                rows = [str(row) for row in rows]
        else:
            rows = [
                {
                    field: self._pick((*NASTY, *PRICES)) if self._chance(0.1) else value
                    for field, value in self._leg().items()
                }
                for _ in range(self._random.randint(0, 6))
            ]
        return orjson.dumps(rows).decode()

    def _leg(self) -> dict[str, Any]:
        leg = {
            "symbol": "BTCUSDT",
            "side": self._pick(("BUY", "SELL")),
            "type": self._pick(("LIMIT", "MARKET")),
            "quantity": self._pick((*QUANTITIES, 0.01, 1)),
            "price": self._pick((*PRICES, 113000.5, None)),
            "timeInForce": self._pick(("GTC", "IOC")),
            "orderId": self._random.randint(1, 40),
        }
        return {name: value for name, value in leg.items() if not self._chance(0.1)}

    def _timestamp(self) -> str:
        if self._chance(0.03):
            return urllib.parse.quote(self._pick((*NASTY, "1", str(int(time.time() * 1000) + 10**7))))
        return str(int(time.time() * 1000))

    def _split(
        self, method: str, fields: list[tuple[str, str]], encode: Callable[..., str]
    ) -> tuple[str, str]:
        if method == "GET" or self._chance(0.4):
            return encode(fields), ""
        cut = self._random.randint(0, len(fields))
        return encode(fields[:cut]), encode(fields[cut:])

    def _chance(self, probability: float) -> bool:
        return self._random.random() < probability


def _carelessly(fields: list[tuple[str, str]]) -> str:
    """Without percent-encoding, but still one line."""
    text = "&".join(f"{name}={value}" for name, value in fields)
    return "".join(char for char in text if char.isascii() and char.isprintable() and char not in " #?")


def _wire(method: str, path: str, query: str, body: str, key: str) -> bytes:
    target = f"{path}?{query}" if query else path
    data = body.encode("utf-8", "surrogateescape")
    head = (
        f"{method} {target} HTTP/1.1\r\nHost: venue\r\nX-MBX-APIKEY: {key}\r\n"
        f"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {len(data)}\r\n\r\n"
    )
    return head.encode("utf-8", "surrogateescape") + data
