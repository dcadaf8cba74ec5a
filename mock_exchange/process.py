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
from mock_exchange.gateway.policies import UnknownPolicyError
from mock_exchange.gateway.policies.hooks import PolicyError
from mock_exchange.hosts import authority
from mock_exchange.journal import Journal
from mock_exchange.plan import Plan
from mock_exchange.recovery.aside import Turn
from mock_exchange.recovery.bookmarker import keep_bookmarks
from mock_exchange.recovery.one_writer import create_journal
from mock_exchange.recovery.past import Past
from mock_exchange.recovery.state_file import StateFile, VenueState
from mock_exchange.recovery.story import Story
from mock_exchange.succession import Succession
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


class CannotGoOnError(ValueError):
    """A journal or its state that does not fit together, and is none of ours then."""


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


@dataclass(frozen=True, slots=True)
class Resumable:
    """A journal that its venue can be started again from, or is started from now (`past`)."""

    path: Path
    state: VenueState
    past: Past | None = None
    keep: int | None = None
    """How many journals that are set aside stay; None: all."""
    most_bytes: int | None = None
    """At which size it is set aside and goes on in another file; None: never."""


@dataclass(frozen=True, slots=True)
class ProcessOptions:
    """How an exchange's process is to run. Port 0 takes a free one.

    `journal` is a file to write, or a resumable one; `durable` lets no answer leave before the disk has what
    it speaks of. With `hold` nothing of the plan happens before POST /start. The process ends with its
    standard input if `exit_with_parent`.
    """

    host: str = "127.0.0.1"
    port: int = 0
    control_port: int = 0
    journal: Path | Resumable | None = None
    durable: bool = False
    exit_with_parent: bool = False
    tls: ssl.SSLContext | None = None
    hold: bool = False


def run_exchange(plan: Plan, options: ProcessOptions, ready: Callable[[Listening], None]) -> None:
    """Serve until POST /stop, SIGINT, SIGTERM or the end of stdin. `ready` is told the real ports.

    Raises CannotListenError, RecordsLostError, OSError for a journal that cannot be begun, and PolicyError
    for a policy that cannot be begun with.
    """
    # requests leave little cyclic garbage; looking for it at the default pace costs a tenth of the rate
    raise_limit()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)
    with asyncio.Runner(loop_factory=_loop_factory()) as runner:
        runner.run(_serve(plan, options, ready))


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    if sys.platform == "win32":
        return None
    import uvloop

    return uvloop.new_event_loop


async def _serve(plan: Plan, options: ProcessOptions, ready: Callable[[Listening], None]) -> None:
    loop = asyncio.get_running_loop()
    inline_tasks.install(loop)
    clock = LiveClock(loop, plan.epoch_start_ms)
    venue, state = _open_venue(plan, options, clock)
    server = ExchangeServer(venue, clock, loop, durable=options.durable)
    watch = LoopWatch()
    token = secrets.token_urlsafe(16)
    async with contextlib.AsyncExitStack() as stack:
        recordings = Path(stack.enter_context(TemporaryDirectory(prefix="fireexit-")))
        held = plan if options.hold else None
        keep = options.journal.keep if isinstance(options.journal, Resumable) else None
        succession = Succession(server, clock, recordings, held, state, keep)
        control = ControlPort(server, clock, watch, token, succession)
        stack.callback(venue.journal.close)
        logger = server.malformed.logger()
        http = Front(server, access_log=None, logger=logger)
        front = web.ServerRunner(http, shutdown_timeout=0.5)
        back = web.AppRunner(control.application(), access_log=None, shutdown_timeout=0.5)
        real_port = await _listen(stack, front, options.host, options.port, options.tls, is_control=False)
        real_control = await _listen(stack, back, "127.0.0.1", options.control_port, None, is_control=True)
        probe = asyncio.create_task(watch.run())
        stack.callback(probe.cancel)
        if isinstance(options.journal, Resumable):
            stack.callback(asyncio.create_task(keep_bookmarks(options.journal.path, keep)).cancel)
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            if signal.getsignal(number) is not signal.SIG_IGN:  # nohup
                loop.add_signal_handler(number, control.stopping.set)
        if options.exit_with_parent:
            await _watch_parent(loop, control.stopping)
        lost: list[RecordsLostError] = []

        def end(error: RecordsLostError) -> None:
            # nobody could check afterwards what it did from here on
            lost.append(error)
            control.stopping.set()

        server.records_lost = end
        scheme = "https" if options.tls else "http"
        ready(Listening(options.host, real_port, real_control, token, scheme))
        await control.stopping.wait()
    if lost:
        raise lost[0]


def _open_venue(plan: Plan, options: ProcessOptions, clock: LiveClock) -> tuple[Venue, StateFile | None]:
    """The venue at its beginning, or where its journal ends; and the file of its state, if it keeps one."""
    place = options.journal
    if not isinstance(place, Resumable):
        journal = Journal(keep=False)
        if place is not None:
            journal.begin(place, create_journal(place))
        return Venue(plan.held() if options.hold else plan, clock, journal), None
    journal = Journal(keep=False)
    journal.remembers = True
    if place.most_bytes is not None:
        journal.turn = Turn(journal, place.most_bytes, durable=options.durable)
    state = StateFile(place.path, place.state)
    past = place.past
    if past is not None and past.story is not None:
        state.go_on(past.beginning)
        journal.go_on(place.path, past.file)
        return _resumed(past, past.story, clock, journal), state
    file = create_journal(place.path) if past is None else past.file
    try:
        name = state.begin(plan, clock.epoch_start_ms, follows_wall=clock.follows_wall)
        if past is None or past.is_empty:
            journal.begin(place.path, file)
        else:
            journal.go_on(place.path, file)
    except BaseException:
        if past is None:
            place.path.unlink()  # nothing of it is left behind
        raise
    return Venue(plan, clock, journal, name=name), state


def _resumed(past: Past, story: Story, clock: LiveClock, journal: Journal) -> Venue:
    """Raises CannotGoOnError for whatever a journal or a state that is none of ours brings about."""
    beginning = past.beginning
    try:
        clock.go_on(beginning.epoch_start_ms, story.last, follows_wall=beginning.follows_wall)
        venue = Venue(past.plan, clock, journal, story=story, cut_bytes=past.cut_bytes)
        for key in beginning.public_keys:
            venue.add_public_key(venue.account(key.account), key.public_key)
    except (PolicyError, UnknownPolicyError, RecordsLostError):
        raise
    except Exception as error:
        why = " ".join(str(error).split())[:200]
        raise CannotGoOnError(f"{type(error).__name__}: {why}") from error
    journal.flush()
    return venue


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
