"""Whom the load may hit: loopback and private addresses, or a host the user declares as their own. A
link-local address is near, too, but belongs to whoever is on the same wire: it has to be declared.

Names are resolved first and the connection is made to the address that was checked, so that a name
cannot change its meaning in between. Known exchange domains are refused whatever is declared.
"""

from __future__ import annotations

import ipaddress
import socket
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

from loadgen.drive.exchanges import LookUp, is_exchange, resolved
from mock_exchange.hosts import authority

_NEAR = tuple(
    ipaddress.ip_network(network)
    for network in ("127.0.0.0/8", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "::1/128", "fc00::/7")
)
"""Loopback, the private networks of RFC 1918, and unique local addresses (RFC 4193). Listed, since what a
library calls private holds more: addresses for benchmarks and documentation, reserved ones, tunnels with a
public address inside."""


class TargetRefusedError(ValueError):
    """A host that must not be loaded; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class Target:
    """A checked target: connect to `address`, say `host` in the Host header."""

    host: str
    address: str
    port: int

    @property
    def authority(self) -> str:
        """As a Host header names it."""
        return authority(self.host, self.port)

    @property
    def is_loopback(self) -> bool:
        return ipaddress.ip_address(self.address).is_loopback


def look_up(host: str, port: int) -> list[str]:
    """The addresses that the system's resolver knows for a name."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


def check_target(url: str, own_host: str | None = None, look_up: LookUp = look_up) -> Target:
    """The target behind an http URL, resolved and allowed. Raises TargetRefusedError."""
    try:
        parts = urlsplit(url if "//" in url else f"//{url}", scheme="http")
        written = unquote(parts.hostname or "", errors="strict")
        host = _plain_name(written)
    except ValueError:
        raise TargetRefusedError(f"{url!r} is no valid URL; give http://HOST:PORT") from None
    if not host:
        raise TargetRefusedError(f"{url!r} names no host; give http://HOST:PORT")
    if is_exchange(host):
        raise TargetRefusedError(f"{host} belongs to an exchange; fireexit never sends load there")
    if parts.scheme != "http":
        raise TargetRefusedError(f"only http:// targets are supported, not {parts.scheme}://")
    try:
        port = parts.port or 80
    except ValueError:
        raise TargetRefusedError(f"{url!r} has no valid port") from None
    try:
        addresses = look_up(host, port)
    except (OSError, UnicodeError):
        raise TargetRefusedError(f"{host} cannot be resolved; is the name right?") from None
    far = [address for address in addresses if not _is_near(address)]
    if far and (own_host is None or own_host.rstrip(".").lower() not in (host, written.rstrip("."))):
        raise TargetRefusedError(
            f"{host} ({far[0]}) is neither loopback nor private; "
            f"if it is yours, say so with --this-host-is-mine {host}"
        )
    servers = resolved(look_up) if far else {}
    for address in far:
        if address in servers:
            raise TargetRefusedError(
                f"{host} ({address}) is {servers[address]}, which belongs to an exchange; "
                f"fireexit never sends load there"
            )
    return Target(host, addresses[0], port)


def _plain_name(host: str) -> str:
    """The name as resolvers see it, so that look-alike letters and dots cannot pass for another."""
    if host.isascii():
        return host.rstrip(".").lower()
    return host.encode("idna").decode("ascii").rstrip(".").lower()


def _is_near(address: str) -> bool:
    ip = ipaddress.ip_address(address.partition("%")[0])
    ip = getattr(ip, "ipv4_mapped", None) or ip
    return any(ip in network for network in _NEAR)
