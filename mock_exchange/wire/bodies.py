"""What one client may take of the order port, and bodies that the HTTP library reads for us."""

from __future__ import annotations

import asyncio
from typing import NamedTuple

from aiohttp import web
from aiohttp.hdrs import CONTENT_ENCODING


class Limits(NamedTuple):
    """What one client may take."""

    connections: int = 2_000
    """Of one address; one more is closed at once."""
    idle_s: float = 75.0
    """For which a connection may stay open without a whole request."""
    body_s: float = 10.0
    """In which a body must have come once its head has."""
    body: int = 1 << 17
    """Bytes. Five orders of a batch take a hundredth of it."""


LIMITS = Limits()


class BodyRefused(Exception):
    """A body that is not read to its end; `status` says why."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


def check_body(body: bytes, request: web.BaseRequest, limits: Limits) -> None:
    """Raises BodyRefused: 413 for one that is too large, 415 for one that is encoded."""
    if len(body) > limits.body:
        raise BodyRefused(413)
    if request.headers.get(CONTENT_ENCODING, "identity").lower() != "identity":
        raise BodyRefused(415)


async def read_body(request: web.BaseRequest, limits: Limits) -> bytes:
    """A body that comes in parts. Raises BodyRefused: 413 for one that is too large, 408 for one that does
    not come."""
    if (request.content_length or 0) > limits.body:
        raise BodyRefused(413)
    parts: list[bytes] = []
    size = 0
    try:
        async with asyncio.timeout(limits.body_s):
            while part := await request.content.readany():
                parts.append(part)
                size += len(part)
                if size > limits.body:
                    raise BodyRefused(413)
    except TimeoutError:
        raise BodyRefused(408) from None
    return b"".join(parts)
