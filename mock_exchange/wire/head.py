"""Status line and headers of an HTTP answer, as finished bytes.

An order gateway writes small answers of one shape by the ten thousand: head and body are one piece of bytes.
"""

from __future__ import annotations

import time
from email.utils import formatdate
from http import HTTPStatus
from typing import Final

DRAIN_ABOVE_BYTES: Final = 1 << 18
_REASONS: Final = {status.value: status.phrase for status in HTTPStatus}
_REASONS[418] = "I'm a teapot"


class _DateHeader:
    """The Date header, made once a second."""

    __slots__ = ("_second", "_text")

    def __init__(self) -> None:
        self._second = 0
        self._text = ""

    def text(self) -> str:
        second = int(time.time())
        if second != self._second:
            self._second = second
            self._text = formatdate(second, usegmt=True)
        return self._text


_date = _DateHeader()


JSON: Final = "application/json"
HTML: Final = "text/html"


def head(status: int, body_length: int, extra: str, keep_alive: bool, content_type: str = JSON) -> bytes:
    """Status line and headers; `extra` is further header lines, each ending in CRLF."""
    connection = "" if keep_alive else "Connection: close\r\n"
    return (
        f"HTTP/1.1 {status} {_REASONS.get(status, '')}\r\nServer: nginx\r\nDate: {_date.text()}\r\n"
        f"Content-Type: {content_type}\r\nContent-Length: {body_length}\r\n{extra}{connection}\r\n"
    ).encode("ascii")
