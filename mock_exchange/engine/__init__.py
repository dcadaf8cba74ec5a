"""Orders, positions and money: pure state, no I/O, no clock. `Engine` is the door."""

from mock_exchange.engine.engine import Engine

__all__ = ["Engine"]
