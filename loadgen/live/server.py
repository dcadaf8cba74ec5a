"""`/metrics` of a load generator: any WSGI server can carry it. It knows when its last figure was read."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from typing import Any

from prometheus_client import CollectorRegistry, generate_latest

from mock_exchange.exposition import CONTENT_TYPE

LONGEST_WAIT_S = 30.0
AFTER_ONE_S = 10.0
"""How long to wait if there has been one scrape only: it may have been somebody's curl."""
PATIENCE = 3.0
"""How many scrape intervals to wait for the last scrape."""


class MetricsPage:
    """A WSGI application."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._registry = registry
        self._scrapes: list[float] = []
        """Instants of the last two scrapes."""

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        if environ.get("PATH_INFO", "/metrics") != "/metrics":
            start_response("404 Not Found", [("Content-Type", "text/plain")])
            return [b"only /metrics is here\n"]
        body = self.read()
        start_response("200 OK", [("Content-Type", CONTENT_TYPE), ("Content-Length", str(len(body)))])
        return [body]

    def read(self) -> bytes:
        """The page; whoever asks is taken to be scraping."""
        self._scrapes = [*self._scrapes[-1:], time.monotonic()]
        return generate_latest(self._registry)

    def wait_for_reader(self, sleep: Callable[[float], object]) -> bool:
        """After the last figure has been written: wait until it is read, if anybody has been reading before.
        Returns whether it was, or need not be."""
        written = time.monotonic()
        if not self._scrapes:
            return True
        wait_s = AFTER_ONE_S
        if len(self._scrapes) == 2:
            wait_s = min(LONGEST_WAIT_S, max(1.0, PATIENCE * (self._scrapes[1] - self._scrapes[0])))
        deadline = written + wait_s
        while self._scrapes[-1] < written:
            if time.monotonic() > deadline:
                return False
            sleep(0.05)
        return True
