"""Keys that open a user-data stream: one per account, alive for an hour unless kept alive."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Final, NamedTuple

from mock_exchange.engine.accounts import Account
from mock_exchange.errors import Refused

LIFE_MS: Final = 60 * 60_000


class _Living(NamedTuple):
    key: str
    until: int
    issued: int


_NOBODY: Final = _Living("", 0, 0)


class ListenKeys:
    """Keys by account; they follow from the venue's seed. `on_changed` is told of an account, the number of
    its key, and until when that lives, 0 where it has ended."""

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._issued = 0
        self._by_account: dict[Account, _Living] = {}
        self._accounts: dict[str, Account] = {}
        self.on_expired: Callable[[Account, str], None] = lambda account, key: None
        self.on_closed: Callable[[str], None] = lambda key: None
        self.on_changed: Callable[[Account, int, int], None] = lambda account, issued, until: None

    def start(self, account: Account, now_ms: int) -> str:
        """The account's living key, its life extended, or a new one."""
        living = self._living(account, now_ms)
        if living is not None:
            return self._extend(account, living.issued, now_ms + LIFE_MS)
        # Its old key may have run out without anybody having asked: that one is seen off first.
        self.expire(now_ms)
        self._issued += 1
        return self._extend(account, self._issued, now_ms + LIFE_MS)

    def keep_alive(self, account: Account, now_ms: int) -> str:
        """Another hour for the living key. -1125 if there is none."""
        living = self._living(account, now_ms)
        if living is None:
            raise Refused(-1125)
        return self._extend(account, living.issued, now_ms + LIFE_MS)

    def restore(self, account: Account, issued: int, until_ms: int) -> None:
        """The account has its `issued`-th key until then, as `on_changed` has told."""
        self._issued = max(self._issued, issued)
        if until_ms:
            self._extend(account, issued, until_ms)

    def close(self, account: Account) -> None:
        """End the account's key, if it has one; `on_closed` is told."""
        key, _, issued = self._by_account.pop(account, _NOBODY)
        if self._accounts.pop(key, None) is not None:
            self.on_changed(account, issued, 0)
            self.on_closed(key)

    def account_of(self, key: str, now_ms: int) -> Account | None:
        """Whose key this is, if it lives."""
        account = self._accounts.get(key)
        living = None if account is None else self._living(account, now_ms)
        return account if living is not None and living.key == key else None

    def expire(self, now_ms: int) -> None:
        """Close the keys whose life has ended; `on_expired` is told first."""
        ended = [(account, key) for account, (key, until, _) in self._by_account.items() if until <= now_ms]
        for account, key in ended:
            self.on_expired(account, key)
            self.close(account)

    def _extend(self, account: Account, issued: int, until_ms: int) -> str:
        text = f"{self._seed}/{account.name}/{issued}/listen"
        key = hashlib.sha256(text.encode()).hexdigest()
        self._accounts[key] = account
        self._by_account[account] = _Living(key, until_ms, issued)
        self.on_changed(account, issued, until_ms)
        return key

    def _living(self, account: Account, now_ms: int) -> _Living | None:
        living = self._by_account.get(account, _NOBODY)
        return living if now_ms < living.until else None
