"""`TryOut`: the gateway and the engine by hand, for who writes a policy."""

from mock_exchange.tryout import TryOut

__all__ = ["TryOut"]
