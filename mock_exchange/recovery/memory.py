"""What a gateway counts and holds for its clients, written into the journal as it changes and put back."""

from __future__ import annotations

from dataclasses import dataclass, field

from mock_exchange.clock import Clock
from mock_exchange.engine.accounts import Account
from mock_exchange.engine.symbols import Symbol, symbols
from mock_exchange.gateway.gateway import Gateway
from mock_exchange.journal import Journal
from run_records.standing import AddressRow, CountdownRow, ListenKeyRow, OrderCountRow


@dataclass
class Held:
    """The last row of each name."""

    addresses: dict[str, AddressRow] = field(default_factory=dict)
    counts: dict[str, OrderCountRow] = field(default_factory=dict)
    listen_keys: dict[str, ListenKeyRow] = field(default_factory=dict)
    countdowns: dict[tuple[str, str], CountdownRow] = field(default_factory=dict)

    def note(self, row: AddressRow | OrderCountRow | ListenKeyRow | CountdownRow) -> None:
        """This is how it stands now."""
        match row:
            case AddressRow():
                self.addresses[row.ip] = row
            case OrderCountRow():
                self.counts[row.account] = row
            case ListenKeyRow():
                self.listen_keys[row.account] = row
            case CountdownRow():
                self.countdowns[row.account, row.symbol] = row


class Memory:
    """Watches a gateway. Counts are written once for each flush of the journal, not for each request: no
    answer leaves before the flush, so nobody has been told of a count that is not written."""

    def __init__(self, gateway: Gateway, clock: Clock, journal: Journal) -> None:
        self._gateway = gateway
        self._clock = clock
        self._append = journal.append
        self._accounts = gateway.engine.accounts
        self._names: list[str] = []
        """Of the accounts, by their numbers."""
        gateway.weights.touched = {}
        gateway.orders.touched = {}
        gateway.listen_keys.on_changed = self._listen_key
        gateway.countdown.on_changed = self._countdown
        journal.before_flush = self._write_counts

    def restore(self, held: Held) -> None:
        """Count on from there. Countdowns that would have ended meanwhile end at once."""
        gateway = self._gateway
        for address in held.addresses.values():
            terms = (address.window, address.used, address.refusals, address.bans, address.banned_until_ms)
            gateway.weights.restore(address.ip, terms)
        for count in held.counts.values():
            terms_of_count = (count.ten, count.ten_used, count.minute, count.minute_used)
            gateway.orders.restore(self._accounts[count.account].number, terms_of_count)
        for key in sorted(held.listen_keys.values(), key=lambda row: row.issued):
            gateway.listen_keys.restore(self._accounts[key.account], key.issued, key.until_ms)
        for countdown in held.countdowns.values():
            if countdown.due:
                symbol = symbols()[countdown.symbol]
                gateway.countdown.set_due(self._accounts[countdown.account], symbol, countdown.due)

    def _write_counts(self) -> None:
        now = self._clock.now()
        weights, orders = self._gateway.weights, self._gateway.orders
        if addresses := weights.touched:
            for ip in addresses:
                self._append(AddressRow(now, ip, *weights.standing(ip)))
            addresses.clear()
        if touched := orders.touched:
            if len(self._names) < len(self._accounts):
                self._names = list(self._accounts)
            for number in touched:
                self._append(OrderCountRow(now, self._names[number], *orders.standing(number)))
            touched.clear()

    def _listen_key(self, account: Account, issued: int, until_ms: int) -> None:
        self._append(ListenKeyRow(self._clock.now(), account.name, issued, until_ms))

    def _countdown(self, account: Account, symbol: Symbol, due: int) -> None:
        self._append(CountdownRow(self._clock.now(), account.name, symbol.name, due))
