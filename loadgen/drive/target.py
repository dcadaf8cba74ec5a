"""Whom the load may hit: loopback and private addresses, or a host the user declares as their own.

Names are resolved first and the connection is made to the address that was checked, so that a name
cannot change its meaning in between. Known exchange domains are refused whatever is declared.
"""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlsplit

EXCHANGE_DOMAINS = (
    "aax.com", "backpack.exchange", "binance.com", "binance.us", "binance.vision", "binanceapi.com",
    "binancefuture.com", "binanceru.net", "bingx.com", "bitfinex.com", "bitflyer.com", "bitget.com",
    "bithumb.com", "bitmart.com", "bitmex.com", "bitpanda.com", "bitso.com", "bitstamp.net",
    "btcturk.com", "bybit.com", "bytick.com", "coinbase.com", "coinex.com", "crypto.com", "deribit.com",
    "dydx.exchange", "dydx.trade", "ftx.com", "gate.com", "gate.io", "gateio.ws", "gemini.com",
    "hbdm.com", "hitbtc.com", "htx.com", "huobi.pro", "hyperliquid-testnet.xyz", "hyperliquid.xyz",
    "kraken.com", "kucoin.com", "lbank.com", "mexc.com", "okex.com", "okx.com", "paradex.trade",
    "phemex.com", "poloniex.com", "upbit.com", "whitebit.com", "woo.org", "woox.io", "xt.com",
)  # fmt: skip
"""Production and test networks of exchanges: never a target, by name or any name below it."""


class TargetRefusedError(ValueError):
    """A host that must not be loaded; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class Target:
    """A checked target: connect to `address`, say `host` in the Host header."""

    host: str
    address: str
    port: int

    @property
    def is_loopback(self) -> bool:
        return ipaddress.ip_address(self.address).is_loopback


LookUp = Callable[[str, int], list[str]]
"""(host, port) to addresses. Raises OSError or UnicodeError."""


def look_up(host: str, port: int) -> list[str]:
    """The addresses that the system's resolver knows for a name."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


def check_target(url: str, own_host: str | None = None, look_up: LookUp = look_up) -> Target:
    """The target behind an http URL, resolved and allowed. Raises TargetRefusedError."""
    try:
        parts = urlsplit(url if "//" in url else f"//{url}", scheme="http")
        host = _plain_name(parts.hostname or "")
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
    is_own = own_host is not None and own_host.rstrip(".").lower() in (
        host,
        (parts.hostname or "").rstrip("."),
    )
    for address in addresses:
        if not is_own and not _is_near(address):
            raise TargetRefusedError(
                f"{host} ({address}) is neither loopback nor private; "
                f"if it is yours, say so with --this-host-is-mine {host}"
            )
    return Target(host, addresses[0], port)


def _plain_name(host: str) -> str:
    """The name as resolvers see it, so that look-alike letters and dots cannot pass for another."""
    if host.isascii():
        return host.rstrip(".").lower()
    return host.encode("idna").decode("ascii").rstrip(".").lower()


def is_exchange(host: str) -> bool:
    """Whether a host name is one of the known exchange domains or lies below one."""
    return any(host == domain or host.endswith(f".{domain}") for domain in EXCHANGE_DOMAINS)


def _is_near(address: str) -> bool:
    ip = ipaddress.ip_address(address.partition("%")[0])
    mapped = getattr(ip, "ipv4_mapped", None)
    ip = mapped or ip
    return ip.is_loopback or (ip.is_private and not ip.is_unspecified and not ip.is_link_local)
