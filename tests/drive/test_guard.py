"""Tricks to have the load sent where it must not go: none of them comes as far as a connection."""

from __future__ import annotations

import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import product
from typing import Any

import pytest

from loadgen.drive.exchanges import is_exchange, resolved
from loadgen.drive.load import choose_target
from loadgen.drive.target import TargetRefusedError, check_target

EXCHANGES = (
    "fapi.binance.com",
    "testnet.binancefuture.com",
    "api.bybit.com",
    "www.okx.com",
    "api.kraken.com",
)
DISGUISES = (
    "http://{}",
    "http://{}:8080/fapi/v1/order",
    "http://{}./",
    "http://{}../",
    "{}",
    "//{}:80",
    "http://127.0.0.1@{}/",
    "http://localhost:80@{}:80/",
    "http://user:127.0.0.1@{}",
    "http://127.0.0.1\\@{}",
    "http://127.0.0.1%2f@{}",
    "http://\t{}",
    "HTTP://{}",
    "http://a.b.{}",
    "http://{}?@127.0.0.1",
    "http://{}#@127.0.0.1",
    "ws://{}",
    "https://{}",
)
WRITTEN = (
    "FAPI.BINANCE.COM",
    "fapi.%62inance.com",
    "%66api.binance.com",
    "fapi%2ebinance%2Ecom",
    "fapi.binance%E3%80%82com",
    "fapi\u3002binance\uff0ecom",
    "fapi.\uff42inance.com",
    "fapi.bi\u00adnance.com",
    "\u24d5api.binance.com",
)
FAR = (
    "8.8.8.8",
    "100.64.0.1",  # shared by a carrier's customers
    "169.254.169.254",  # link-local: a cloud's metadata
    "192.0.0.8",
    "192.0.2.1",  # documentation
    "198.18.0.1",  # benchmarks of networks
    "198.19.255.255",
    "203.0.113.9",
    "224.0.0.1",
    "239.255.255.250",
    "240.0.0.1",  # reserved
    "255.255.255.255",
    "0.0.0.0",
    "172.15.255.255",
    "172.32.0.0",
    "192.167.255.255",
    "11.0.0.1",
    "::",
    "2001:0:4136:e378:8000:63bf:3fff:fdd2",  # Teredo, a public address inside
    "2002:808:808::1",  # 6to4, likewise
    "64:ff9b::808:808",  # NAT64, likewise
    "::ffff:8.8.8.8",
    "::8.8.8.8",
    "2001:db8::1",
    "2606:4700::1",
    "fe80::1",
    "fe80::1%1",
    "ff02::1",
    "fec0::1",
    "100::1",
)
NEAR = ("127.0.0.1", "127.255.255.254", "10.255.255.255", "172.16.0.1", "172.31.255.255", "192.168.0.1",
        "::1", "fd00::1", "fcff::9", "::ffff:10.0.0.1")  # fmt: skip
TRICKS = [
    *[form.format(host) for form, host in product(DISGUISES, EXCHANGES)],
    *[f"http://{host}" for host in WRITTEN],
    *[f"http://[{address}]:80" if ":" in address else f"http://{address}:80" for address in FAR],
]


@contextmanager
def no_connection() -> Iterator[list[Any]]:
    """What sockets were used for meanwhile, as the interpreter itself tells."""
    seen: list[Any] = []
    watching = [True]

    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        if watching and event in ("socket.connect", "socket.sendto", "socket.sendmsg"):
            seen.append((event, arguments[1:]))

    sys.addaudithook(hook)
    yield seen
    watching.clear()


def nobody(host: str, port: int) -> list[str]:
    """Numbers resolve to themselves; a name that is asked for would be a question to the outside."""
    info = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_NUMERICHOST)
    return [str(info[0][4][0])]


def test_no_trick_comes_as_far_as_a_connection() -> None:
    assert len(TRICKS) >= 120
    with no_connection() as seen:
        for url in TRICKS:
            with pytest.raises(TargetRefusedError):
                check_target(url, look_up=nobody)
    assert seen == []


@pytest.mark.parametrize("host", EXCHANGES)
def test_nor_where_it_is_declared_as_one_s_own(host: str) -> None:
    with no_connection() as seen:
        for url in [form.format(host) for form in DISGUISES]:
            with pytest.raises(TargetRefusedError):
                choose_target(url, None, host)
    assert seen == []


@pytest.mark.parametrize("address", NEAR)
def test_what_is_near_is_listed(address: str) -> None:
    shown = f"[{address}]" if ":" in address else address
    assert check_target(f"http://{shown}:1", look_up=nobody).address == address


def test_an_address_of_an_exchange_is_nobody_s_own() -> None:
    """Its servers are looked up; those that cannot be resolved say nothing."""

    def resolver(host: str, port: int) -> list[str]:
        if host == "fapi.binance.com":
            return ["203.0.113.7", "203.0.113.8"]
        if is_exchange(host):
            raise OSError("no such name")
        return [host]

    servers = resolved(resolver)
    assert servers.get("203.0.113.8") == "fapi.binance.com"
    assert servers.get("203.0.113.9") is None
    with pytest.raises(TargetRefusedError, match=r"203\.0\.113\.8\) is fapi\.binance\.com, which belongs"):
        check_target("http://203.0.113.8", "203.0.113.8", resolver)
    assert check_target("http://203.0.113.9", "203.0.113.9", resolver).address == "203.0.113.9"
