"""How a host is written, and by which name a page may be asked for.

A page of another site can make its own name resolve to 127.0.0.1 and then talk to whatever listens there as
if it were its own (DNS rebinding). The browser says so in the Host header: it still names that site.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Collection

_OF_THIS_MACHINE = frozenset(("localhost",))


def authority(host: str, port: int) -> str:
    """As a URL and a Host header name them: an IPv6 address in brackets."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def is_ours(host: str, names: Collection[str] = ()) -> bool:
    """Whether a Host header is an address, `localhost`, or one of the names that were declared: nobody can
    make any of these resolve to somewhere else."""
    name = _without_port(host).lower()
    return name in _OF_THIS_MACHINE or name in names or _is_address(name)


def _without_port(host: str) -> str:
    if host.startswith("["):
        return host[1:].partition("]")[0]
    return host.rpartition(":")[0] if host.count(":") == 1 else host


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True
