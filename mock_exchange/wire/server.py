"""HTTP in front of the gateway: read, hand over, answer. No rules live here."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from functools import partial
from typing import Final

import orjson
from aiohttp import web
from multidict import istr

from mock_exchange.errors import CONNECTION_LOST, NGINX_503, THROTTLED, Refused
from mock_exchange.gateway.attempt import Answer, Call
from mock_exchange.gateway.gateway import Gateway
from mock_exchange.venue import Venue
from mock_exchange.wire.answers import NGINX_PAGE, body_of
from mock_exchange.wire.bodies import LIMITS, BodyRefused, Limits, check_body, read_body
from mock_exchange.wire.head import HTML, JSON
from mock_exchange.wire.lane import Reply
from mock_exchange.wire.live_clock import LiveClock
from mock_exchange.wire.malformed import MalformedRequests
from mock_exchange.wire.outbox import DurableOutbox, Outbox
from mock_exchange.wire.request import parse_call
from mock_exchange.wire.response import WrittenResponse
from mock_exchange.wire.streaming.feed import Feed
from mock_exchange.wire.streaming.sockets import is_stream_path, serve_streams
from run_records.lines import RecordsLostError

_API_KEY: Final = istr("X-MBX-APIKEY")
INTERNAL_ERROR: Final = -1000
_log = logging.getLogger(__name__)
FLUSH_AFTER_S: Final = 0.005
"""How long a journal row may wait for others to be written with, if no answer speaks of it: what a kill can
lose."""


class ExchangeServer:
    """Serves one venue; `venue` may be replaced between runs."""

    def __init__(
        self,
        venue: Venue,
        clock: LiveClock,
        loop: asyncio.AbstractEventLoop,
        limits: Limits = LIMITS,
        *,
        durable: bool = False,
    ) -> None:
        self._loop = loop
        self.is_durable = durable
        self.outbox = (
            DurableOutbox(loop, self.flush, self._syncing, self.records_end)
            if durable
            else Outbox(loop, self.flush)
        )
        self._clock = clock
        self._flush_scheduled = False
        self._unsigned = 0
        self.internal_errors = 0
        self.requests = self.by_library = 0
        """All requests that were let in, and those of them that the HTTP library has read."""
        self._lost = False
        self.limits = limits
        self.malformed = MalformedRequests()
        self._feed: Feed | None = None
        self.venue = venue
        self._pending: dict[Reply, None] = {}
        self._dropped = 0
        self.records_lost: Callable[[RecordsLostError], None] = _not_dealt_with
        """Told when the journal could not be written, once."""
        clock.after_run = self._after_run
        self.adopt(venue)

    def adopt(self, venue: Venue) -> None:
        if self._feed is not None:
            self._feed.close()
            self._dropped += self._feed.dropped
            self.venue.gateway.close()
        for reply in list(self._pending):  # its venue is gone, and with it the answer
            reply(Answer(0, CONNECTION_LOST))
        self.venue = venue
        self._feed = Feed(venue, self._clock, self._loop, self.outbox.when_recorded)
        self._gateway: Gateway = venue.gateway
        self._shed_body = self._render(Answer(503, THROTTLED), Call("POST", "", {}, "", ""))

    def stream_counts(self) -> tuple[int, int]:
        """Open stream connections, and consumers dropped because they read too slowly."""
        feed = self._feed
        return (0, self._dropped) if feed is None else (feed.connections, self._dropped + feed.dropped)

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        """One request through the gateway, or one stream connection."""
        if request.method == "GET" and is_stream_path(request.raw_path):
            assert self._feed is not None
            await self.all_gone()
            return await serve_streams(request, self._feed, self._gateway.config.epoch)
        content = request.content
        try:
            body = content.read_nowait() if content.is_eof() else await read_body(request, self.limits)
            if body:
                check_body(body, request, self.limits)
        except BodyRefused as refused:
            return _refuse(refused)
        self.by_library += 1
        reply = Reply()
        key = request.headers.get(_API_KEY, "")
        call = self.begin(request.method, request.raw_path, body, key, request.remote or "", reply)
        if reply.answer is None:
            answered = self._loop.create_future()
            self.await_reply(reply, partial(_set, answered))
            await answered
        assert reply.answer is not None
        if reply.answer.code == CONNECTION_LOST and request.transport is not None:
            request.transport.abort()
        return WrittenResponse(self.outbox, *self.finished(reply.answer, call))

    def begin(self, method: str, target: str, body: bytes, api_key: str, remote: str, reply: Reply) -> Call:
        """Let one request into the gateway. `reply` has its answer on return, or gets it later."""
        self._clock.arrive()
        self.requests += 1
        try:
            call = parse_call(method, target, body.decode("utf-8", "surrogateescape"), api_key, remote)
        except Refused as refusal:
            answer = Answer(self._gateway.errors[refusal.code].http, refusal.code)
            answer.variant = refusal.variant
            reply(answer)
            return Call(method, target.partition("?")[0], {}, remote, "")
        if not call.key:
            self._unsigned += 1
            call.key = f"unsigned-{self._unsigned}"
        try:
            self._gateway.submit(call, reply)
        except Exception:  # a policy's own mistake, most likely: its caller must not hang for it
            self.internal_errors += 1
            _log.exception("%s %s failed", call.method, call.path)
            reply(Answer(500, INTERNAL_ERROR))
        if not self._flush_scheduled:
            self._schedule_flush()
        return call

    def await_reply(self, reply: Reply, later: Callable[[], object]) -> None:
        """Call `later` when the answer has come, or its venue is gone."""
        self._pending[reply] = None

        def come() -> None:
            del self._pending[reply]
            later()

        reply.later = come

    def finished(self, answer: Answer, call: Call) -> tuple[int, bytes, str, str]:
        """Status, body, further header lines and content type of an answer."""
        try:
            return self._finished(answer, call)
        except Exception:  # whoever waits for the next answer must not take it for this one
            self.internal_errors += 1
            _log.exception("%s %s could not be answered", call.method, call.path)
            return self._finished(Answer(500, INTERNAL_ERROR), call)

    def _finished(self, answer: Answer, call: Call) -> tuple[int, bytes, str, str]:
        if answer.code == NGINX_503:
            return answer.http, NGINX_PAGE, "", HTML
        if answer.code == THROTTLED and not answer.arguments:
            body = self._shed_body
        else:
            body = self._render(answer, call)
        extra = f"X-MBX-USED-WEIGHT-1M: {call.used_weight}\r\n"
        if call.order_counts is not None and answer.code != THROTTLED:
            ten, minute = call.order_counts
            extra += f"X-MBX-ORDER-COUNT-10S: {ten}\r\nX-MBX-ORDER-COUNT-1M: {minute}\r\n"
        if call.retry_after is not None:
            extra += f"Retry-After: {call.retry_after}\r\n"
        return answer.http, body, extra, JSON

    def _render(self, answer: Answer, call: Call) -> bytes:
        return orjson.dumps(body_of(answer, call, self._gateway))

    def _after_run(self) -> None:
        if not self._flush_scheduled:
            self._schedule_flush()

    def _schedule_flush(self) -> None:
        self._flush_scheduled = True
        self._loop.call_later(FLUSH_AFTER_S, self._flush)

    def _flush(self) -> None:
        self._flush_scheduled = False
        self.flush()

    def flush(self) -> bool:
        """Write the journal down, or tell that it could not be: whether it is all there."""
        if not self._lost:
            try:
                self.venue.journal.flush()
            except RecordsLostError as error:
                self.records_end(error)
        return not self._lost

    async def all_gone(self) -> None:
        """Return when no answer waits any more."""
        await self.outbox.all_gone()

    async def all_recorded(self) -> None:
        """Return when all that has happened so far is as safe as an answer about it has to be. Raises
        RecordsLostError."""
        await self.outbox.all_gone()
        if self._lost:
            raise RecordsLostError("the journal cannot be written any more")

    def _syncing(self) -> Callable[[], None]:
        return self.venue.journal.syncing()

    def records_end(self, error: BaseException) -> None:
        """Nothing may be answered any more."""
        if not self._lost:
            self._lost = True
            self.records_lost(error if isinstance(error, RecordsLostError) else RecordsLostError(str(error)))


def _refuse(refused: BodyRefused) -> web.Response:
    """What is left of the body is not waited for."""
    answer = web.Response(status=refused.status)
    answer.force_close()
    return answer


def _set(future: asyncio.Future[None]) -> None:
    if not future.done():  # its connection is lost
        future.set_result(None)


def _not_dealt_with(error: RecordsLostError) -> None:
    raise error
