"""Keys that open a user-data stream: one per account, alive for an hour unless kept alive."""

from __future__ import annotations

import hashlib
from collections.abc import Callable

from mock_exchange.engine.accounts import Account
from mock_exchange.errors import Refused

LIFE_MS = 60 * 60_000


class ListenKeys:
    """Keys by account; they follow from the venue's seed."""

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._issued = 0
        self._by_account: dict[Account, tuple[str, int]] = {}
        self._accounts: dict[str, Account] = {}
        self.on_expired: Callable[[Account, str], None] = lambda account, key: None
        self.on_closed: Callable[[str], None] = lambda key: None

    def start(self, account: Account, now_ms: int) -> str:
        """The account's living key, its life extended, or a new one."""
        key = self._living(account, now_ms)
        if not key:
            # Its old key may have run out without anybody having asked: that one is seen off first.
            self.expire(now_ms)
            self._issued += 1
            text = f"{self._seed}/{account.name}/{self._issued}/listen"
            key = hashlib.sha256(text.encode()).hexdigest()
            self._accounts[key] = account
        self._by_account[account] = (key, now_ms + LIFE_MS)
        return key

    def keep_alive(self, account: Account, now_ms: int) -> str:
        """Another hour for the living key. -1125 if there is none."""
        key = self._living(account, now_ms)
        if not key:
            raise Refused(-1125)
        self._by_account[account] = (key, now_ms + LIFE_MS)
        return key

    def close(self, account: Account) -> None:
        """End the account's key, if it has one; `on_closed` is told."""
        key, _ = self._by_account.pop(account, ("", 0))
        if self._accounts.pop(key, None) is not None:
            self.on_closed(key)

    def account_of(self, key: str, now_ms: int) -> Account | None:
        """Whose key this is, if it lives."""
        account = self._accounts.get(key)
        return account if account is not None and self._living(account, now_ms) == key else None

    def expire(self, now_ms: int) -> None:
        """Close the keys whose life has ended; `on_expired` is told first."""
        ended = [(account, key) for account, (key, until) in self._by_account.items() if until <= now_ms]
        for account, key in ended:
            self.on_expired(account, key)
            self.close(account)

    def _living(self, account: Account, now_ms: int) -> str:
        key, until = self._by_account.get(account, ("", 0))
        return key if now_ms < until else ""
