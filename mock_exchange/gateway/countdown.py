"""Dead man's switch: cancel all orders of a symbol unless the client keeps calling."""

from __future__ import annotations

from mock_exchange.clock import Clock
from mock_exchange.commands import Commands
from mock_exchange.engine.accounts import Account
from mock_exchange.engine.requests import CancelAllRequest
from mock_exchange.engine.symbols import Symbol
from run_records.units import NS_PER_MS


class Countdown:
    """One countdown per account and symbol. The venue looks every 10 ms or so; here it is exact."""

    def __init__(self, commands: Commands, clock: Clock) -> None:
        self._commands = commands
        self._clock = clock
        self._generations: dict[tuple[int, int], int] = {}

    def set(self, account: Account, symbol: Symbol, countdown_ms: int) -> None:
        """Start over with `countdown_ms`; 0 stops."""
        key = (account.number, symbol.index)
        generation = self._generations[key] = self._generations.get(key, 0) + 1
        if countdown_ms:
            due = self._clock.now() + countdown_ms * NS_PER_MS
            self._clock.call_at(due, self._fire, account, symbol, generation)

    def _fire(self, account: Account, symbol: Symbol, generation: int) -> None:
        # An older call's timer still comes due, and must do nothing.
        if self._generations[account.number, symbol.index] == generation:
            self._commands.cancel_all(account, CancelAllRequest(symbol))
