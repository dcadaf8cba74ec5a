"""WebSocket connections: paths, subscription requests, pings, limits.

Market and user streams share one dialect. Before 2026-04-23 they were at `/ws` and `/stream`; since then
at `/public`, `/market` and `/private` below which both live, and the old paths are gone.
"""

from __future__ import annotations

import asyncio
from collections import deque
from typing import Any, cast
from urllib.parse import parse_qs, unquote

import orjson
from aiohttp import WSCloseCode, WSMsgType, web

from mock_exchange.errors import EPOCH_INCIDENT
from mock_exchange.wire.streaming.consumer import Consumer
from mock_exchange.wire.streaming.feed import Feed

CATEGORIES = ("/public", "/market", "/private")
MAX_STREAMS = 1024
REQUESTS_PER_SECOND = 10
PING_EVERY_S = 180.0
PONG_WITHIN_S = 600.0
LIFE_S = 86_400.0
MAX_REQUEST_BYTES = 65_536
MAX_ID_LENGTH = 36
METHODS = ("SUBSCRIBE", "UNSUBSCRIBE", "LIST_SUBSCRIPTIONS", "SET_PROPERTY", "GET_PROPERTY")


def is_stream_path(path: str) -> bool:
    return path.startswith(("/ws", "/stream", *CATEGORIES))


def streams_of(target: str, epoch: str) -> tuple[bool, list[str]] | None:
    """(combined, stream names) that a request target asks for; None if there is no such path."""
    path, _, query = target.partition("?")
    category = next((prefix for prefix in CATEGORIES if path.startswith(prefix + "/") or path == prefix), "")
    if not category and epoch != EPOCH_INCIDENT:
        return None
    path = path[len(category) :] or "/ws"
    asked = parse_qs(query)
    names = [name for text in asked.get("streams", []) for name in text.split("/")] + asked.get(
        "listenKey", []
    )
    if path in ("/stream", "/stream/"):
        return True, names
    if path == "/ws" or path.startswith("/ws/"):
        return False, [unquote(name) for name in path[4:].split("/") if name] + names
    return None


class BadRequest(Exception):
    """A request that is answered with an error: (code, message)."""


class StreamSocket:
    """One connection, from handshake to close."""

    def __init__(self, feed: Feed, socket: web.WebSocketResponse, consumer: Consumer) -> None:
        self._feed = feed
        self._socket = socket
        self._consumer = consumer
        self._recent: deque[float] = deque(maxlen=REQUESTS_PER_SECOND)
        self._loop = asyncio.get_running_loop()
        self._opened = self._last_pong = self._loop.time()

    async def run(self) -> None:
        """Until either side closes."""
        keeper = asyncio.create_task(self._keep())
        try:
            async for message in self._socket:
                if message.type == WSMsgType.TEXT:
                    if not self._within_rate():
                        await self._socket.close(
                            code=WSCloseCode.POLICY_VIOLATION, message=b"Too many requests"
                        )
                        break
                    await self._socket.send_str(self._answer(message.data).decode())
                elif message.type == WSMsgType.PING:
                    await self._socket.pong(message.data)
                elif message.type == WSMsgType.PONG:
                    self._last_pong = self._loop.time()
                else:
                    break
        finally:
            keeper.cancel()

    async def _keep(self) -> None:
        """Ping every three minutes; end after ten without a pong, or after a day."""
        while True:
            await asyncio.sleep(PING_EVERY_S)
            now = self._loop.time()
            if now - self._last_pong > PONG_WITHIN_S or now - self._opened > LIFE_S:
                await self._socket.close()
                return
            await self._socket.ping()

    def _within_rate(self) -> bool:
        now = self._loop.time()
        if len(self._recent) == REQUESTS_PER_SECOND and now - self._recent[0] < 1.0:
            return False
        self._recent.append(now)
        return True

    def _answer(self, text: str) -> bytes:
        request: Any = None
        try:
            request = _parse(text)
            return orjson.dumps({"result": self._perform(request), "id": request["id"]})
        except BadRequest as error:
            code, message = error.args
            number = request.get("id") if isinstance(request, dict) else None
            body = {"error": {"code": code, "msg": message}, "id": number if _is_id(number) else None}
            return orjson.dumps(body)

    def _perform(self, request: dict[str, Any]) -> Any:
        method, params = request["method"], request.get("params", [])
        if method == "LIST_SUBSCRIPTIONS":
            return list(self._consumer.streams)
        if not isinstance(params, list):
            raise BadRequest(2, "Invalid request: params must be an array")
        if method in ("SET_PROPERTY", "GET_PROPERTY"):
            return self._property(method, params)
        if not all(isinstance(name, str) for name in params):
            raise BadRequest(2, "Invalid request: params must be stream names")
        if method == "UNSUBSCRIBE":
            for name in params:
                self._feed.unsubscribe(self._consumer, name)
            return None
        if len({*self._consumer.streams, *params}) > MAX_STREAMS:
            raise BadRequest(2, f"Invalid request: at most {MAX_STREAMS} streams")
        for name in params:
            if not self._feed.subscribe(self._consumer, name):
                raise BadRequest(2, "Invalid request: unknown stream")
        return None

    def _property(self, method: str, params: list[Any]) -> Any:
        if not params or params[0] != "combined":
            raise BadRequest(0, "Unknown property")
        if method == "GET_PROPERTY":
            return self._consumer.combined
        if len(params) != 2 or not isinstance(params[1], bool):
            raise BadRequest(1, "Invalid value type: expected Boolean")
        self._consumer.combined = params[1]
        return None


def _parse(text: str) -> dict[str, Any]:
    try:
        request = orjson.loads(text)
    except orjson.JSONDecodeError:
        raise BadRequest(3, "Invalid JSON") from None
    if not isinstance(request, dict):
        raise BadRequest(2, "Invalid request: expected an object")
    if not _is_id(request.get("id")):
        raise BadRequest(2, "Invalid request: request ID must be an unsigned integer")
    if request.get("method") not in METHODS:
        raise BadRequest(2, f"Invalid request: unknown method, expected one of {', '.join(METHODS)}")
    return request


def _is_id(value: Any) -> bool:
    """Documented are unsigned integers; the venue's own SDK sends short texts, so those pass too."""
    if type(value) is str:
        return len(value) <= MAX_ID_LENGTH
    return type(value) is int and 0 <= value < 2**64


def _can_upgrade(socket: web.WebSocketResponse, request: web.BaseRequest) -> bool:
    """False for a handshake that is none; a key that is not even base64 makes the library raise."""
    try:
        return bool(socket.can_prepare(request))
    except ValueError:
        return False


async def serve_streams(request: web.BaseRequest, feed: Feed, epoch: str) -> web.StreamResponse:
    """Upgrade a request to a stream connection, or say why not."""
    wanted = streams_of(request.raw_path, epoch)
    socket = web.WebSocketResponse(autoping=False, compress=False, max_msg_size=MAX_REQUEST_BYTES)
    if wanted is None or len(wanted[1]) > MAX_STREAMS or not _can_upgrade(socket, request):
        return web.Response(status=404 if wanted is None else 400)
    await socket.prepare(request)
    transport = request.transport
    if transport is None:  # gone already
        return socket
    combined, names = wanted
    consumer = Consumer(cast(asyncio.WriteTransport, transport), combined)
    feed.connect(consumer)
    try:
        for name in names:
            feed.subscribe(consumer, name)
        await StreamSocket(feed, socket, consumer).run()
    finally:
        feed.disconnect(consumer)
    return socket
