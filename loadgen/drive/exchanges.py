"""The exchanges that are never a target: what `exchanges.toml` lists, and what its servers resolve to."""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from functools import cache
from importlib.resources import files

LookUp = Callable[[str, int], list[str]]
"""(host, port) to addresses. Raises OSError or UnicodeError."""
PATIENCE_S = 3.0
"""For names that are slow to resolve, all together."""
_AT_ONCE = 32
_HTTPS = 443


def is_exchange(host: str) -> bool:
    """Whether a host name is one of the listed domains or lies below one."""
    labels = host.split(".")
    return any(".".join(labels[place:]) in _listed("domains") for place in range(len(labels)))


def resolved(look_up: LookUp) -> dict[str, str]:
    """By address, the listed server that resolves to it. What cannot be resolved, or not soon, says
    nothing."""

    def addresses(host: str) -> list[str]:
        try:
            return look_up(host, _HTTPS)
        except (OSError, UnicodeError):
            return []

    pool = ThreadPoolExecutor(_AT_ONCE)
    asked = {host: pool.submit(addresses, host) for host in sorted(_listed("hosts"), reverse=True)}
    wait(asked.values(), PATIENCE_S)
    pool.shutdown(wait=False, cancel_futures=True)
    done = {host: found.result() for host, found in asked.items() if found.done() and not found.cancelled()}
    return {address: host for host, found in done.items() for address in found}


@cache
def _listed(what: str) -> frozenset[str]:
    text = files(__package__).joinpath("exchanges.toml").read_text(encoding="utf-8")
    rows = tomllib.loads(text)["exchanges"].values()
    return frozenset(name for row in rows for name in row.get(what, ()))
