"""The way in: limits -> authentication -> parameters -> admission -> engine queue.

`Gateway.submit` is the door; everything behind it is told the time and never asks for it.
"""

from mock_exchange.gateway.gateway import Gateway

__all__ = ["Gateway"]
