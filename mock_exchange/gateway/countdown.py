"""Dead man's switch: cancel all orders of a symbol unless the client keeps calling."""

from __future__ import annotations

from collections.abc import Callable

from mock_exchange.clock import Clock
from mock_exchange.commands import Commands
from mock_exchange.engine.accounts import Account
from mock_exchange.engine.requests import CancelAllRequest
from mock_exchange.engine.symbols import Symbol
from run_records.units import NS_PER_MS


class Countdown:
    """One countdown per account and symbol. The venue looks every 10 ms or so; here it is exact. `on_changed`
    is told when one is due now, 0 for not any more."""

    def __init__(self, commands: Commands, clock: Clock) -> None:
        self._commands = commands
        self._clock = clock
        self._generations: dict[tuple[int, int], int] = {}
        self.on_changed: Callable[[Account, Symbol, int], None] = lambda account, symbol, due: None

    def set(self, account: Account, symbol: Symbol, countdown_ms: int) -> None:
        """Start over with `countdown_ms`; 0 stops."""
        self.set_due(account, symbol, self._clock.now() + countdown_ms * NS_PER_MS if countdown_ms else 0)

    def set_due(self, account: Account, symbol: Symbol, due: int) -> None:
        """The same with the instant of its end; 0 stops."""
        key = (account.number, symbol.index)
        generation = self._generations[key] = self._generations.get(key, 0) + 1
        if due:
            self._clock.call_at(due, self._fire, account, symbol, generation)
        self.on_changed(account, symbol, due)

    def _fire(self, account: Account, symbol: Symbol, generation: int) -> None:
        # An older call's timer still comes due, and must do nothing.
        if self._generations[account.number, symbol.index] == generation:
            self._commands.cancel_all(account, CancelAllRequest(symbol))
            self.on_changed(account, symbol, 0)
