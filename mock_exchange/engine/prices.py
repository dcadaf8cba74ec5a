"""What a symbol costs at the moment: all that a position needs to know of its market."""

from __future__ import annotations

from mypy_extensions import mypyc_attr

from mock_exchange.engine.symbols import Symbol


@mypyc_attr(allow_interpreted_subclasses=True)  # see recovery.bookmark
class Prices:
    """Scaled prices of one symbol: `last` is the contract price (0 before the first trade), `index` the price
    of the underlying, `mark` what margin is computed with."""

    __slots__ = ("index", "last", "mark", "symbol")

    def __init__(self, symbol: Symbol) -> None:
        self.symbol = symbol
        self.last = 0
        self.index = 0
        self.mark = 0
