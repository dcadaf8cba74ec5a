"""Whom the load may hit."""

from __future__ import annotations

import pytest

from loadgen.drive.exchanges import LookUp, is_exchange
from loadgen.drive.target import TargetRefusedError, check_target


def resolves_to(address: str) -> LookUp:
    return lambda host, port: [address] if host == "gateway.test" else []


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:8899", "127.9.9.9:1", "http://[::1]:80", "http://localhost:1"]
)
def test_loopback_is_allowed(url: str) -> None:
    assert check_target(url).is_loopback


@pytest.mark.parametrize("address", ["10.0.0.1", "172.16.0.1", "192.168.1.1", "127.0.0.1"])
def test_private_addresses_are_allowed(address: str) -> None:
    found = resolves_to(address)
    assert check_target("http://gateway.test", look_up=found).address == address


@pytest.mark.parametrize("address", ["8.8.8.8", "169.254.169.254", "0.0.0.0", "100.64.0.1", "224.0.0.1"])
def test_everything_else_must_be_declared(address: str) -> None:
    found = resolves_to(address)
    with pytest.raises(TargetRefusedError, match=r"--this-host-is-mine gateway\.test"):
        check_target("http://gateway.test", look_up=found)
    assert check_target("http://gateway.test", "gateway.test", found).address == address
    with pytest.raises(TargetRefusedError):
        check_target("http://gateway.test", "another.test", found)


@pytest.mark.parametrize(
    "host",
    [
        "fapi.binance.com",
        "FAPI.BINANCE.COM.",
        "testnet.binancefuture.com",
        "demo-fapi.binance.com",
        "api.bybit.com",
        "www.okx.com",
        "test.deribit.com",
        "fapi.binance\u3002com",
        "\uff42inance.com",
    ],
)
def test_exchanges_are_refused_whatever_is_declared(host: str) -> None:
    with pytest.raises(TargetRefusedError, match="belongs to an exchange"):
        check_target(f"http://{host}", host, resolves_to("127.0.0.1"))


def test_a_name_that_only_looks_like_an_exchange_is_not_one() -> None:
    assert not is_exchange("notbinance.com")
    assert not is_exchange("binance.com.test")


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("", "names no host"),
        ("https://127.0.0.1", "only http"),
        ("http://127.0.0.1:99999", "no valid port"),
        ("http://[::1", "no valid URL"),
        ("http://no-such-host.invalid", "cannot be resolved"),
    ],
)
def test_unusable_urls_say_why(url: str, words: str) -> None:
    with pytest.raises(TargetRefusedError, match=words):
        check_target(url)
