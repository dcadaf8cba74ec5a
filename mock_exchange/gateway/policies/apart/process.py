"""The gateway's end of a policy in a process of its own: it looks like any other policy.

The process is asked and answers at once, one question at a time, so a simulation stays exact: nothing depends
on how long an answer takes. A policy that is too slow, ends, or answers what is no answer fails as one that
raises does. How slow is too slow is counted in its own processor time, so that a busy machine is not held
against it; one that sleeps is given up after a minute.
"""

from __future__ import annotations

import json
import os
import select
import shutil
import signal
import subprocess
import sys
import weakref
from contextlib import suppress
from typing import Any, NoReturn, TypeVar

import msgspec

from mock_exchange.gateway.policies.apart import confine, host, lines
from mock_exchange.gateway.policies.apart.calls import call_filter
from mock_exchange.gateway.policies.apart.complaints import Complaints
from mock_exchange.gateway.policies.apart.patience import PATIENT, Bounds, Patience
from mock_exchange.gateway.policies.apart.reach import allowed
from mock_exchange.gateway.policies.hooks import HOOKS, Policy, PolicyError
from mock_exchange.gateway.policies.loading import CannotLoadError
from mock_exchange.gateway.policies.messages import ASKS, Decision, End, NodeView, Note, Request, Turn, World
from mock_exchange.gateway.policies.named import Named
from run_records.bounds import made_plain

T = TypeVar("T")
LONGEST_LINE = 1 << 20
"""Bytes of an answer."""
LONGEST_ERROR = 300
_TOLD_AT_ONCE = 1 << 15
"""Bytes of information that wait for the next question, at most."""
_READ = 1 << 16
_LOOK_EVERY_MS = 100
_KEPT_VARIABLES = ("PATH", "HOME", "LANG", "PYTHONPATH", "VIRTUAL_ENV")


def start(named: Named, parameters: dict[str, Any], bounds: Bounds = PATIENT) -> Apart:
    """Start the policy and hear what it has. Raises CannotLoadError."""
    if named.command:
        command = named.command
    elif named.is_command:
        raise CannotLoadError("has no command after pipe:, or one with a quotation mark left open")
    else:
        command = [sys.executable, "-P", "-m", host.__name__, named.bare]
    if shutil.which(command[0]) is None:
        raise CannotLoadError(f"cannot be started: there is no program {made_plain(command[0])!r}")
    process = _Process(command, bounds)
    try:
        return Apart(process, _ready(process, parameters))
    except PolicyError as error:
        process.end()
        raise CannotLoadError(str(error)) from None


def stop(policy: Policy) -> None:
    """End the policy's process, if it has one."""
    if isinstance(policy, Apart):
        policy._process.end()


def is_confined() -> bool:
    """Whether such a process is kept from files, network and other processes on this machine."""
    return confine.version() > 0 and confine.knows_filters() and bool(call_filter(1, scoped=True))


def _ready(process: _Process, parameters: dict[str, Any]) -> lines.Ready:
    ready = process.ask(lines.Hello(process.next_id(), lines.PROTOCOL, parameters), lines.READY)
    if ready.protocol != lines.PROTOCOL:
        raise PolicyError(f"speaks {made_plain(ready.protocol)[:40]!r}, not {lines.PROTOCOL}")
    for what, found, known in (("hooks", ready.hooks, HOOKS), ("asks", ready.asks, ASKS)):
        if any(found.count(name) > 1 or name not in [*known] for name in found):
            raise PolicyError(f"names {what} other than {', '.join(known)}, or one of them twice")
    if "admit" not in ready.hooks:
        raise PolicyError("lacks admit()")
    return ready


class Apart:
    """A policy whose hooks ask its process. It has those that the process has. Every call may raise
    PolicyError."""

    def __init__(self, process: _Process, ready: lines.Ready) -> None:
        self._process = process
        self._ask = process.ask
        self._tell = process.tell
        self._next_id = process.next_id
        self.asks = tuple(ready.asks)
        for hook in ready.hooks:
            if hook != "admit":  # every policy has that one
                setattr(self, hook, getattr(self, f"_{hook}"))

    def admit(self, request: Request, node: NodeView) -> Decision:
        return self._ask(lines.Admit(self._next_id(), request, node), lines.DECISION)

    def _attach(self, world: World) -> None:
        self._ask(lines.Attach(self._next_id(), world), lines.NOTHING)

    def _victim(self, request: Request, node: NodeView) -> int | None:
        return self._ask(lines.Victim(self._next_id(), request, node), lines.NUMBER)

    def _keep(self, request: Request, note: Note, turn: Turn) -> bool:
        return self._ask(lines.Keep(self._next_id(), request, note, turn), lines.KEPT)

    def _rank(self, request: Request, note: Note, answered: bool) -> int:
        return self._ask(lines.Rank(self._next_id(), request, note, answered), lines.PLACE)

    def _gauges(self) -> dict[str, float]:
        return self._ask(lines.Gauges(self._next_id()), lines.THRESHOLDS)

    def _admitted(self, request: Request, note: Note) -> None:
        self._tell(lines.Admitted(request, note))

    def _done(self, request: Request, note: Note, end: End) -> None:
        self._tell(lines.Done(request, note, end))


class _Process:
    """A command that is spoken with in lines."""

    def __init__(self, command: list[str], bounds: Bounds) -> None:
        self._bounds = bounds
        environment = {name: os.environ[name] for name in _KEPT_VARIABLES if name in os.environ}
        # Sets of texts come in the same order every time, and nothing is written beside a source file.
        environment |= {"PYTHONHASHSEED": "0", "PYTHONDONTWRITEBYTECODE": "1"}
        self._child = subprocess.Popen(
            [sys.executable, "-I", "-S", str(confine.__file__), *command],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=environment,
            start_new_session=True,
            bufsize=0,
        )
        assert self._child.stdin is not None
        assert self._child.stdout is not None
        assert self._child.stderr is not None
        self._complaints = Complaints(self._child.stderr.fileno())
        self._to, self._from = self._child.stdin.fileno(), self._child.stdout.fileno()
        os.set_blocking(self._to, False)
        self._can_write, self._can_read = select.poll(), select.poll()
        self._can_write.register(self._to, select.POLLOUT)
        self._can_read.register(self._from, select.POLLIN)
        for waits in (self._can_write, self._can_read):
            waits.register(self._complaints.end, select.POLLIN)
        self._encode = msgspec.json.Encoder().encode
        self._untold = bytearray(json.dumps(allowed(command, self._child.pid)).encode() + b"\n")
        self._heard = b""
        self._asked = 0
        self._fault = ""
        self.end = weakref.finalize(self, _end, self._child)

    def next_id(self) -> int:
        self._asked += 1
        return self._asked

    def tell(self, line: msgspec.Struct) -> None:
        """Something for its information: sent with the next question."""
        self._untold += self._encode(line) + b"\n"
        if len(self._untold) > _TOLD_AT_ONCE:
            self._send(Patience(self._child.pid, self._bounds))

    def ask(self, line: lines.Question, decoder: msgspec.json.Decoder[lines.Reply[T]]) -> T:
        """Its answer. Raises PolicyError, and again for every question after that."""
        if self._fault:
            raise PolicyError(self._fault)
        self._untold += self._encode(line) + b"\n"
        patience = Patience(self._child.pid, self._bounds)
        self._send(patience)
        text = self._next_line(patience)
        try:
            reply = decoder.decode(text)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
            self._fail(f"answered to {type(line).__name__.lower()} with what is no answer: {error}")
        if reply.error:
            self._fail(reply.error)
        if reply.id != line.id:
            self._fail(f"answered to question {reply.id} when asked question {line.id}")
        if isinstance(reply.answer, msgspec.UnsetType):
            self._fail("sent a line with neither answer nor error")
        return reply.answer

    def _send(self, patience: Patience) -> None:
        if self._fault:
            raise PolicyError(self._fault)
        data, self._untold = memoryview(bytes(self._untold)), bytearray()
        while data:
            try:
                data = data[os.write(self._to, data) :]
            except BlockingIOError:
                self._await(self._can_write, self._to, patience)
            except OSError:
                break  # it has closed its end; whether it left a last word is seen when reading

    def _next_line(self, patience: Patience) -> bytes:
        heard = self._heard
        while (end := heard.find(b"\n")) < 0:
            if len(heard) > LONGEST_LINE:
                self._fail(f"answered with a line of more than {LONGEST_LINE} bytes")
            self._await(self._can_read, self._from, patience)
            more = os.read(self._from, _READ)
            if not more:
                self._fail(self._last_words())
            heard += more
            if b"\n" not in more and (reason := patience.exhausted()):
                self._fail(reason)  # it writes on and on, and never ends its line
        self._heard = heard[end + 1 :]
        return heard[:end]

    def _await(self, waits: select.poll, end: int, patience: Patience) -> None:
        """Until its end of a pipe is ready; what it complains of meanwhile is taken."""
        while end not in (ready := [place for place, _ in waits.poll(_LOOK_EVERY_MS)]):
            if ready and not self._complaints.read():
                self._can_write.unregister(self._complaints.end)
                self._can_read.unregister(self._complaints.end)
            if reason := patience.exhausted():
                self._fail(reason)

    def _last_words(self) -> str:
        """Why it has ended, as far as can be told."""
        with suppress(subprocess.TimeoutExpired):
            self._child.wait(1)
        said, status = self._complaints.last(), self._child.poll()
        how = "closed its standard output" if status is None else f"ended with status {status}"
        return f"{how}: {said}" if said else how

    def _fail(self, reason: str) -> NoReturn:
        self._fault = made_plain(" ".join(reason.split()))[:LONGEST_ERROR]
        self.end()
        raise PolicyError(self._fault)


def _end(child: subprocess.Popen[bytes]) -> None:
    for pipe in (child.stdin, child.stdout, child.stderr):
        if pipe is not None:
            with suppress(OSError):
                pipe.close()
    with suppress(OSError):
        os.killpg(child.pid, signal.SIGKILL)
    child.wait()
