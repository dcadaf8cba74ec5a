"""Rate limits in fixed windows aligned to the venue's calendar clock.

Request weight is counted per source address, orders per account. Going on after a 429 earns a ban
(418): 2 minutes first, doubled for each repeat, at most 3 days. The venue publishes the range of bans
but not the ladder, nor how many further requests earn one; both are model choices.
"""

from __future__ import annotations

from typing import Final

from mock_exchange.errors import Refused
from mock_exchange.gateway.config import Limits
from run_records.words import Cause, Stage

MINUTE_MS: Final = 60_000
TEN_SECONDS_MS: Final = 10_000
FIRST_BAN_MS: Final = 2 * MINUTE_MS
LONGEST_BAN_MS: Final = 3 * 24 * 60 * MINUTE_MS
TOLERATED_REFUSALS: Final = 10
"""429s in one window before the address is banned."""


class TooMany(Refused):
    """A limit broken: 429, or 418 for a ban. `retry_after` in seconds, None where the venue sends none."""

    def __init__(self, code: int, *args: object, http: int = 429, retry_after: int | None = None) -> None:
        super().__init__(code, *args, variant=1 if http == 418 else None)
        self.stage = Stage.IP_WEIGHT
        self.http = http
        self.retry_after = retry_after
        self.cause = Cause.BAN if http == 418 else Cause.RATE_LIMIT


class _Address:
    __slots__ = ("banned_until", "bans", "refusals", "used", "window")

    def __init__(self) -> None:
        self.window = -1
        self.used = 0
        self.refusals = 0
        self.bans = 0
        self.banned_until = 0


class WeightLimiter:
    """REQUEST_WEIGHT: `limit` per minute and source address. `touched` collects the addresses that have
    changed, while somebody wants to know; else None."""

    __slots__ = ("_addresses", "banned", "limit", "touched")

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.banned = 0
        self._addresses: dict[str, _Address] = {}
        self.touched: dict[str, None] | None = None

    def charge(self, ip: str, weight: int, epoch_ms: int) -> int:
        """Count `weight` and return what the address has used this minute. Raises TooMany."""
        address = self._addresses.get(ip)
        if address is None:
            address = self._addresses[ip] = _Address()
        if self.touched is not None:
            self.touched[ip] = None
        if epoch_ms < address.banned_until:
            self._refuse_banned(address, epoch_ms)
        window = epoch_ms // MINUTE_MS
        if window != address.window:
            address.window = window
            address.used = 0
            address.refusals = 0
        # What is refused counts, too: going on after a 429 is what earns a ban.
        address.used += weight
        if address.used > self.limit:
            self._refuse(address, epoch_ms)
        return address.used

    def used(self, ip: str, epoch_ms: int) -> int:
        """What an address has used this minute."""
        address = self._addresses.get(ip)
        return address.used if address is not None and address.window == epoch_ms // MINUTE_MS else 0

    def banned_at(self, epoch_ms: int) -> int:
        """How many addresses are banned at this time."""
        return sum(epoch_ms < address.banned_until for address in self._addresses.values())

    def standing(self, ip: str) -> tuple[int, int, int, int, int]:
        """Of an address that has asked before: minute, weight used in it, refusals in it, bans so far, and
        until when it is banned."""
        found = self._addresses[ip]
        return found.window, found.used, found.refusals, found.bans, found.banned_until

    def restore(self, ip: str, standing: tuple[int, int, int, int, int]) -> None:
        """An address stands as `standing` has told."""
        address = self._addresses[ip] = _Address()
        address.window, address.used, address.refusals, address.bans, address.banned_until = standing

    def _refuse(self, address: _Address, epoch_ms: int) -> None:
        address.refusals += 1
        if address.refusals > TOLERATED_REFUSALS:
            address.banned_until = epoch_ms + min(FIRST_BAN_MS << min(address.bans, 12), LONGEST_BAN_MS)
            address.bans += 1
            address.refusals = 0
            self.banned += 1
            self._refuse_banned(address, epoch_ms)
        raise TooMany(-1003, self.limit, retry_after=-(-(MINUTE_MS - epoch_ms % MINUTE_MS) // 1000))

    def _refuse_banned(self, address: _Address, epoch_ms: int) -> None:
        left = address.banned_until - epoch_ms
        raise TooMany(-1003, address.banned_until, http=418, retry_after=-(-left // 1000))


class _Windows:
    __slots__ = ("minute", "minute_used", "ten", "ten_used")

    def __init__(self) -> None:
        self.ten = self.minute = -1
        self.ten_used = self.minute_used = 0


class OrderLimiter:
    """ORDERS: per account, 10-second and one-minute windows. Checked before admission, counted after.
    `touched` collects the accounts whose counts have changed, while somebody wants to know; else None."""

    __slots__ = ("_accounts", "limits", "touched")

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self._accounts: dict[int, _Windows] = {}
        self.touched: dict[int, None] | None = None

    def check(self, account: int, epoch_ms: int, in_ten: int = 1, in_minute: int = 1) -> None:
        """Raises TooMany(-1015) if that many further orders would break a limit; counts nothing.
        The venue sends no Retry-After with an order-count 429."""
        windows = self._accounts.get(account)
        if windows is None or windows.ten != epoch_ms // TEN_SECONDS_MS:
            windows = self._current(account, epoch_ms)
        if windows.ten_used + in_ten > self.limits.orders_per_10s:
            raise TooMany(-1015, self.limits.orders_per_10s, "10 SECONDS")
        if windows.minute_used + in_minute > self.limits.orders_per_minute:
            raise TooMany(-1015, self.limits.orders_per_minute, "1 MINUTE")

    def count(self, account: int, epoch_ms: int, in_ten: int = 1, in_minute: int = 1) -> tuple[int, int]:
        """Count admitted orders; returns what both windows hold now."""
        windows = self._accounts.get(account)
        if windows is None or windows.ten != epoch_ms // TEN_SECONDS_MS:
            windows = self._current(account, epoch_ms)
        windows.ten_used += in_ten
        windows.minute_used += in_minute
        if self.touched is not None:
            self.touched[account] = None
        return windows.ten_used, windows.minute_used

    def uncount(self, account: int, counted_ms: int, *, whole: bool = True) -> None:
        """Take back one order counted at `counted_ms`, if its windows are still open: it was shed. A batch
        counts once in a minute, so only with its last order is it taken back there (`whole`)."""
        windows = self._accounts[account]
        if self.touched is not None:
            self.touched[account] = None
        if counted_ms // TEN_SECONDS_MS == windows.ten:
            windows.ten_used = max(0, windows.ten_used - 1)
        if whole and counted_ms // MINUTE_MS == windows.minute:
            windows.minute_used = max(0, windows.minute_used - 1)

    def used(self, account: int, epoch_ms: int) -> tuple[int, int]:
        windows = self._current(account, epoch_ms)
        return windows.ten_used, windows.minute_used

    def standing(self, account: int) -> tuple[int, int, int, int]:
        """Of an account that has ordered before: window of ten seconds and orders in it, minute and orders
        in it."""
        found = self._accounts[account]
        return found.ten, found.ten_used, found.minute, found.minute_used

    def restore(self, account: int, standing: tuple[int, int, int, int]) -> None:
        """An account stands as `standing` has told."""
        windows = self._accounts[account] = _Windows()
        windows.ten, windows.ten_used, windows.minute, windows.minute_used = standing

    def _current(self, account: int, epoch_ms: int) -> _Windows:
        windows = self._accounts.get(account)
        if windows is None:
            windows = self._accounts[account] = _Windows()
        ten = epoch_ms // TEN_SECONDS_MS
        # A minute begins with one of its ten-second windows, so that is looked at first and mostly alone.
        if ten != windows.ten:
            windows.ten, windows.ten_used = ten, 0
            minute = epoch_ms // MINUTE_MS
            if minute != windows.minute:
                windows.minute, windows.minute_used = minute, 0
        return windows
