"""The exchange as a process: two listeners on one loop, until told to stop."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import os
import secrets
import signal
import ssl
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from aiohttp import web

from mock_exchange.control import ControlPort
from mock_exchange.descriptors import raise_limit
from mock_exchange.hosts import authority
from mock_exchange.journal import Journal
from mock_exchange.plan import Plan
from mock_exchange.venue import Venue
from mock_exchange.watch import LoopWatch
from mock_exchange.wire import inline_tasks
from mock_exchange.wire.front import Front
from mock_exchange.wire.live_clock import LiveClock
from mock_exchange.wire.server import ExchangeServer
from run_records.lines import RecordsLostError

BACKLOG = 4096


class CannotListenError(OSError):
    """A port that cannot be had; `is_control` says which."""

    def __init__(self, host: str, port: int, reason: OSError, *, is_control: bool) -> None:
        why = os.strerror(reason.errno) if reason.errno else str(reason)
        super().__init__(f"cannot listen on port {port} of {host}: {why}")
        self.is_control = is_control


@dataclass(frozen=True, slots=True)
class Listening:
    """Where a started exchange can be reached."""

    host: str
    port: int
    control_port: int
    token: str
    scheme: str = "http"

    @property
    def url(self) -> str:
        return f"{self.scheme}://{authority(self.host, self.port)}"


def run_exchange(
    plan: Plan,
    *,
    host: str = "127.0.0.1",
    port: int = 0,
    control_port: int = 0,
    journal_path: Path | None = None,
    ready: Callable[[Listening], None],
    exit_with_parent: bool = False,
    tls: ssl.SSLContext | None = None,
    hold: bool = False,
) -> None:
    """Serve until POST /stop, SIGINT, SIGTERM or (with `exit_with_parent`) the end of stdin. With `hold`
    nothing of the plan happens before POST /start.

    `ready` is told the real ports. Raises CannotListenError, RecordsLostError, and PolicyError for a policy
    that cannot be begun with.
    """
    # requests leave little cyclic garbage; looking for it at the default pace costs a tenth of the rate
    raise_limit()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)
    with asyncio.Runner(loop_factory=_loop_factory()) as runner:
        runner.run(_serve(plan, host, port, control_port, journal_path, ready, exit_with_parent, tls, hold))


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    if sys.platform == "win32":
        return None
    import uvloop

    return uvloop.new_event_loop


async def _serve(
    plan: Plan,
    host: str,
    port: int,
    control_port: int,
    journal_path: Path | None,
    ready: Callable[[Listening], None],
    exit_with_parent: bool,
    tls: ssl.SSLContext | None,
    hold: bool,
) -> None:
    loop = asyncio.get_running_loop()
    inline_tasks.install(loop)
    clock = LiveClock(loop, plan.epoch_start_ms)
    journal = Journal(journal_path, keep=False)
    server = ExchangeServer(Venue(plan.held() if hold else plan, clock, journal), clock, loop)
    watch = LoopWatch()
    token = secrets.token_urlsafe(16)
    async with contextlib.AsyncExitStack() as stack:
        recordings = Path(stack.enter_context(TemporaryDirectory(prefix="fireexit-")))
        control = ControlPort(server, clock, watch, token, recordings, plan if hold else None)
        stack.callback(journal.close)
        http = Front(server.handle, server.limits, access_log=None, logger=server.malformed.logger())
        front = web.ServerRunner(http, shutdown_timeout=0.5)
        back = web.AppRunner(control.application(), access_log=None, shutdown_timeout=0.5)
        real_port = await _listen(stack, front, host, port, tls, is_control=False)
        real_control = await _listen(stack, back, "127.0.0.1", control_port, None, is_control=True)
        probe = asyncio.create_task(watch.run())
        stack.callback(probe.cancel)
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            if signal.getsignal(number) is not signal.SIG_IGN:  # nohup
                loop.add_signal_handler(number, control.stopping.set)
        if exit_with_parent:
            await _watch_parent(loop, control.stopping)
        lost: list[RecordsLostError] = []

        def end(error: RecordsLostError) -> None:
            # nobody could check afterwards what it did from here on
            lost.append(error)
            control.stopping.set()

        server.records_lost = end
        ready(Listening(host, real_port, real_control, token, "https" if tls else "http"))
        await control.stopping.wait()
    if lost:
        raise lost[0]


async def _listen(
    stack: contextlib.AsyncExitStack,
    runner: web.BaseRunner,
    host: str,
    port: int,
    tls: ssl.SSLContext | None,
    *,
    is_control: bool,
) -> int:
    await runner.setup()
    stack.push_async_callback(runner.cleanup)
    site = web.TCPSite(runner, host, port, backlog=BACKLOG, ssl_context=tls)
    try:
        await site.start()
    except OSError as error:
        raise CannotListenError(host, port, error, is_control=is_control) from None
    return int(runner.addresses[0][1])


async def _watch_parent(loop: asyncio.AbstractEventLoop, stopping: asyncio.Event) -> None:
    """The parent holds the other end of stdin; its end, however it comes, is ours."""

    class EndOfInput(asyncio.Protocol):
        def connection_lost(self, error: Exception | None) -> None:
            stopping.set()

    await loop.connect_read_pipe(EndOfInput, sys.stdin)
