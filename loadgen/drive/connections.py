"""Keep-alive connections for an open loop: non-blocking sockets on gevent's event loop.

No greenlet per request: a readable socket is read and parsed in a callback, and finished answers wait
in `finished` until the dispatcher takes them. Each account connects from its own source address, since
the venue counts request weight per address.
"""

from __future__ import annotations

import errno
import socket as std_socket
from collections import deque
from collections.abc import Callable
from typing import Any

import gevent
import httptools
from gevent import monkey

from loadgen.drive.answers import read_answer
from loadgen.drive.runner import Sent
from loadgen.drive.signing import Signer
from loadgen.drive.target import Target
from loadgen.live.ledger import Ledger
from mock_exchange.errors import CONNECTION_LOST
from mock_exchange.plan import Access
from run_records.units import NS_PER_S

RECEIVE_BYTES = 65_536
MAX_CONNECTIONS = 8_000
"""Connections of one worker; an arrival that finds none free is missed, and counted as such."""
OPENED_PER_S = 2_000
OPENED_AT_ONCE = 1_000
"""How quickly they may be opened: an exchange that has to take thousands at once does nothing else."""
_READ, _WRITE = 1, 2
_PENDING = frozenset((errno.EINPROGRESS, errno.EAGAIN, errno.EWOULDBLOCK))

_OURS = frozenset((errno.EADDRNOTAVAIL, errno.ENOBUFS, errno.EMFILE))
"""What a connection fails for that is our own limit, not the venue's doing."""

RealSocket: Any = monkey.get_original("socket", "socket")


class Connection:
    """One keep-alive connection carrying one request at a time."""

    __slots__ = (
        "_body",
        "_connected",
        "_parser",
        "_reader",
        "_socket",
        "_unsent",
        "_writer",
        "pool",
        "sent",
    )

    def __init__(self, pool: AccountPool) -> None:
        self.pool = pool
        self.sent: Sent | None = None
        self._body: list[bytes] = []
        self._parser: Any = None
        self._connected = False
        self._unsent = b""
        target = pool.target
        family = std_socket.AF_INET6 if ":" in target.address else std_socket.AF_INET
        self._socket = RealSocket(family, std_socket.SOCK_STREAM)
        self._socket.setblocking(False)
        self._socket.setsockopt(std_socket.IPPROTO_TCP, std_socket.TCP_NODELAY, 1)
        if pool.source:
            self._socket.setsockopt(std_socket.IPPROTO_IP, _BIND_NO_PORT, 1)
            self._socket.bind((pool.source, 0))
        loop = gevent.get_hub().loop
        self._reader = loop.io(self._socket.fileno(), _READ)
        self._writer = loop.io(self._socket.fileno(), _WRITE)

    def start(self, sent: Sent, request: bytes) -> None:
        """Send a request; its answer will appear in the pool's `finished`. Raises OSError where there is no
        port left to send it from."""
        self.sent = sent
        self._body = []
        self._parser = httptools.HttpResponseParser(self)
        if self._connected:
            self._transmit(request)
            return
        self._unsent = request
        error = self._socket.connect_ex((self.pool.target.address, self.pool.target.port))
        if error in _OURS:
            self.sent = None
            self.close()
            self.pool.forget(self)
            raise OSError(error, "no connection to be had")
        if error and error not in _PENDING:
            self._lost()
        else:
            self._writer.start(self._writable)

    def close(self) -> None:
        self._reader.stop()
        self._writer.stop()
        self._reader.close()
        self._writer.close()
        self._socket.close()

    def _writable(self) -> None:
        self._writer.stop()
        if not self._connected:
            if self._socket.getsockopt(std_socket.SOL_SOCKET, std_socket.SO_ERROR):
                self._lost()
                return
            self._connected = True
            self._reader.start(self._readable)
        self._transmit(self._unsent)

    def _transmit(self, data: bytes) -> None:
        try:
            done = self._socket.send(data)
        except BlockingIOError:
            done = 0
        except OSError:
            self._lost()
            return
        if done < len(data):
            self._unsent = data[done:]
            self._writer.start(self._writable)

    def _readable(self) -> None:
        try:
            data = self._socket.recv(RECEIVE_BYTES)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data or self._parser is None:
            self._lost()
            return
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserError:
            self._lost()

    def _lost(self) -> None:
        """The connection is gone; a request under way has an unknown fate."""
        sent, self.sent = self.sent, None
        self.close()
        self.pool.forget(self)
        if sent is not None:
            self.pool.finish(sent, 0, CONNECTION_LOST, None)

    # -- httptools callbacks ----------------------------------------------------------------------

    def on_body(self, data: bytes) -> None:
        self._body.append(data)

    def on_message_complete(self) -> None:
        sent, self.sent = self.sent, None
        http = self._parser.get_status_code()
        keep = self._parser.should_keep_alive()
        self._parser = None
        body = self._body[0] if len(self._body) == 1 else b"".join(self._body)
        code, data = read_answer(http, body)
        if keep:
            self.pool.idle.append(self)
        else:
            self.close()
            self.pool.forget(self)
        if sent is not None:
            self.pool.finish(sent, http, code, data)


_BIND_NO_PORT = getattr(std_socket, "IP_BIND_ADDRESS_NO_PORT", 24)
"""Linux: choose the port at connect, so that many connections can share one source address."""


class AccountPool:
    """The connections of one account, from its own source address where the target is on loopback."""

    __slots__ = ("finish", "idle", "open", "signer", "source", "target")

    def __init__(
        self, access: Access, target: Target, finish: Callable[[Sent, int, int, Any], None], prefix: str
    ) -> None:
        self.target = target
        self.source = access.source if target.is_loopback and ":" not in target.address else ""
        self.signer = Signer(access, target.authority, prefix)
        self.finish = finish
        self.idle: list[Connection] = []
        self.open: set[Connection] = set()

    def take(self) -> Connection:
        if self.idle:
            return self.idle.pop()
        connection = Connection(self)
        self.open.add(connection)
        return connection

    def forget(self, connection: Connection) -> None:
        self.open.discard(connection)
        if connection in self.idle:
            self.idle.remove(connection)


class Opening:
    """So many connections a second, and no more than so many at once (a token bucket)."""

    __slots__ = ("_at", "_left")

    def __init__(self) -> None:
        self._left = float(OPENED_AT_ONCE)
        self._at = 0

    def allows(self, now: int) -> bool:
        """Whether another one may be opened at `now` (ns), which it then is."""
        refilled = self._left + max(0, now - self._at) * OPENED_PER_S / NS_PER_S
        self._left, self._at = min(float(OPENED_AT_ONCE), refilled), now
        if self._left < 1.0:
            return False
        self._left -= 1.0
        return True


class HttpTransport:
    """Carries a runner's requests over HTTP. `wake` is called when `finished` has something in it."""

    def __init__(
        self,
        accounts: tuple[Access, ...],
        target: Target,
        elapsed_ns: Callable[[], int],
        wake: Callable[[], None],
        prefix: str = "fx",
        ledger: Ledger | None = None,
    ) -> None:
        self.finished: deque[tuple[Sent, int, int, Any]] = deque()
        self.ledger = ledger if ledger is not None else Ledger()
        self.lateness_ns: list[int] = []
        self._opening = Opening()
        self.could_not: Callable[[], None] = lambda: None
        """Told of each request that could not be sent."""
        self._elapsed_ns = elapsed_ns
        self._wake = wake
        self._pools = [AccountPool(access, target, self._finish, prefix) for access in accounts]

    def send(self, sent: Sent) -> None:
        pool = self._pools[sent.task.account]
        if not (pool.idle or self._may_open()):
            self._miss(sent)
            return
        try:
            connection = pool.take()
        except OSError:  # no descriptor or port left: our own limit, not the venue's doing
            self._miss(sent)
            return
        verb = sent.verb
        sent.key, request = pool.signer.request(verb.method, verb.path, verb.params)
        sent.sent = self._elapsed_ns()
        try:
            connection.start(sent, request)
        except OSError:
            self._miss(sent)
            return
        late = sent.sent - sent.intended
        self.lateness_ns.append(late)
        self.ledger.lateness.observe(late)

    def _miss(self, sent: Sent) -> None:
        self.could_not()
        sent.missed()

    def _may_open(self) -> bool:
        opened = sum(len(pool.open) for pool in self._pools)
        return opened < MAX_CONNECTIONS and self._opening.allows(self._elapsed_ns())

    def close(self) -> None:
        for pool in self._pools:
            for connection in list(pool.open):
                connection.close()
            pool.open.clear()

    def _finish(self, sent: Sent, http: int, code: int, data: Any) -> None:
        self.finished.append((sent, http, code, data))
        self._wake()
