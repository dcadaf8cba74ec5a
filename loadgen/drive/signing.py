"""From a trader's request to the bytes of a signed HTTP request."""

from __future__ import annotations

import time
from collections.abc import Callable
from urllib.parse import quote

from mock_exchange.gateway.authentication import Signature
from mock_exchange.plan import Access
from mock_exchange.wire.request import KEY_DIGITS

_PLAIN = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789.-_:/")


class VenueTime:
    """Milliseconds since 1970: the wall clock as it was when this was made, counted on by the monotonic one.
    Who sets the wall clock while a run goes on changes nothing in it, as at the exchange."""

    __slots__ = ("_ahead_ns",)

    def __init__(self) -> None:
        self._ahead_ns = time.time_ns() - time.monotonic_ns()

    def __call__(self) -> int:
        return (time.monotonic_ns() + self._ahead_ns) // 1_000_000


class Signer:
    """Signs for one account. Every new order gets a client order id unless it has one, so that no two
    requests of an account are ever the same bytes: the signature identifies a request in both sides'
    records."""

    __slots__ = ("_get_head", "_now_ms", "_post_head", "_prefix", "_sequence", "_signature")

    def __init__(
        self, access: Access, host: str, prefix: str = "fx", now_ms: Callable[[], int] | None = None
    ) -> None:
        self._signature = Signature(access.secret)
        common = f"Host: {host}\r\nX-MBX-APIKEY: {access.api_key}\r\n"
        self._post_head = (
            f" HTTP/1.1\r\n{common}Content-Type: application/x-www-form-urlencoded\r\nContent-Length: "
        )
        self._get_head = f" HTTP/1.1\r\n{common}\r\n"
        self._prefix = prefix
        self._now_ms = now_ms or VenueTime()
        self._sequence = 0

    def request(self, method: str, path: str, params: dict[str, str]) -> tuple[str, bytes]:
        """(key, bytes on the wire). Parameters go in the body of a POST, else in the query."""
        self._sequence += 1
        text = "&".join([f"{name}={encode(value)}" for name, value in params.items()])
        if method == "POST" and "newClientOrderId" not in params:
            text += f"&newClientOrderId={self._prefix}-{self._sequence}"
        text += f"&timestamp={self._now_ms()}"
        signature = self._signature.sign(text.encode())
        text = f"{text}&signature={signature}"
        if method == "POST":
            wire = f"POST {path}{self._post_head}{len(text)}\r\n\r\n{text}"
        else:
            wire = f"{method} {path}?{text}{self._get_head}"
        return signature[:KEY_DIGITS], wire.encode()


def encode(value: str) -> str:
    """Percent-encode what needs it; most values need nothing."""
    return value if _PLAIN.issuperset(value) else quote(value, safe="")
