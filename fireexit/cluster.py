"""Simulations on a Dask cluster, by its scheduler's address."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager, suppress
from functools import partial
from typing import TYPE_CHECKING, TypeVar
from urllib.parse import urlsplit

from fireexit.elsewhere import Elsewhere
from fireexit.errors import ElsewhereError, UsageError
from fireexit.same import Same

if TYPE_CHECKING:
    from distributed import Client

T = TypeVar("T")
FORM = "dask://HOST:PORT"
CONNECT_S = 10
CLOSE_S = 5
LOOK_S = 5
CHECK_S = 60
"""For all workers together to import fireexit and to say which."""
NOBODY_S = 60
"""How long a cluster may be without a worker, or out of reach, before its work is given up."""


@contextmanager
def cluster(
    where: str, same: Same, *, connect_s: float = CONNECT_S, nobody_s: float = NOBODY_S
) -> Iterator[Elsewhere]:
    """Connected for as long as it is open. Raises UsageError if there is none at that address, or another
    fireexit on one of its workers."""
    address = _address(where)
    try:
        from distributed import Client, KilledWorker
    except ImportError:
        raise UsageError(f"--executor {where} needs Dask: pip install 'fireexit[cluster]'") from None
    for logger in ("distributed", "distributed.client"):
        logging.getLogger(logger).setLevel(logging.CRITICAL)  # what matters of it is said in one line
    connect = partial(Client, address, timeout=connect_s, set_as_default=False, name="fireexit")
    try:
        client: Client = _within(2 * connect_s, connect)
    except Exception as error:  # of whatever kind: a network, or a configuration of TLS
        raise UsageError(f"no Dask scheduler answers at {address}: {_first_line(error)}") from None
    try:
        try:
            _within(CHECK_S, partial(_check_all, client, address, same, connect_s))
        except TimeoutError:
            raise UsageError(f"the workers of {address} do not say in {CHECK_S} s what they run") from None
        executor = client.get_executor(pure=False)
        name = f"the cluster at {address}"
        yield Elsewhere(executor, same, name, _Watch(client, name, nobody_s), (KilledWorker,))
    finally:
        with suppress(Exception):  # whatever has come out, it has come out
            client.close(timeout=CLOSE_S)


def _address(where: str) -> str:
    """Without a scheme, so that Dask's own configuration says whether the connection is encrypted."""
    try:
        parts = urlsplit(where)
        port = parts.port
    except ValueError:
        port = None
    if not port or parts.scheme != "dask" or not parts.hostname or parts.path.strip("/"):
        raise UsageError(f"--executor is {FORM}, not {where!r}")
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    return f"{host}:{port}"


def _within(seconds: float, do: Callable[[], T]) -> T:
    """What Dask would wait for without end: something else may listen at that port. Raises TimeoutError, and
    what it raises."""
    done: Future[T] = Future()

    def work() -> None:
        try:
            done.set_result(do())
        except BaseException as error:
            done.set_exception(error)

    threading.Thread(target=work, daemon=True).start()
    return done.result(seconds)


def _check_all(client: Client, address: str, same: Same, connect_s: float) -> None:
    try:
        client.run_on_scheduler(_checked, same)  # it has to unpack what it hands on
    except Exception as error:
        raise _unlike(f"the scheduler at {address}", error) from None
    try:
        client.wait_for_workers(1, timeout=connect_s)
    except TimeoutError:
        raise UsageError(f"the cluster at {address} has no workers: start one with `dask worker`") from None
    for worker, answer in client.run(partial(_checked, same), on_error="return").items():
        if isinstance(answer, OSError):
            continue  # it is gone; who comes later is asked before each run
        if isinstance(answer, BaseException):
            raise _unlike(f"worker {worker} of {address}", answer)
        if answer is not None:
            raise UsageError(f"worker {worker} of {address}: {answer}")


def _unlike(who: str, error: BaseException) -> UsageError:
    return UsageError(f"{who} cannot run fireexit ({_first_line(error)}): install the same as here")


def _checked(same: Same) -> str | None:
    """What is wrong with the machine that this is called on."""
    try:
        same.check()
    except ElsewhereError as error:
        return str(error)
    return None


def _first_line(error: BaseException) -> str:
    return (str(error) or type(error).__name__).splitlines()[0]


class _Watch:
    """Notices that nothing is done any more and nobody is left to do it: Dask would wait for ever."""

    def __init__(self, client: Client, name: str, nobody_s: float) -> None:
        self._client = client
        self._name = name
        self._nobody_s = nobody_s
        self._last_seen = 0.0

    def __call__(self, done: bool) -> None:
        now = time.monotonic()
        if done or self._has_workers():
            self._last_seen = now
        elif now - self._last_seen > self._nobody_s:
            raise ElsewhereError(
                f"{self._name} has had no worker, or no scheduler, for {self._nobody_s:g} s: given up"
            )

    def _has_workers(self) -> bool:
        try:
            return bool(_within(LOOK_S, self._client.scheduler_info)["workers"])
        except (OSError, TimeoutError):
            return False
