"""The house: the venue's own account, which fills the books by the plan and hands out starting positions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from mock_exchange.commands import Commands
from mock_exchange.engine.accounts import Account
from mock_exchange.engine.requests import BUY, SELL, CancelAllRequest, OrderRequest
from mock_exchange.engine.symbols import Symbol
from mock_exchange.plan import BookPlan, PositionPlan
from run_records.scaled import MONEY_UNIT

HOUSE = "house"
HOUSE_DEPOSIT = 1_000_000_000 * MONEY_UNIT


class House:
    """Quotes `books` while it is `quoting`. Its account is opened unless the venue has it from before."""

    def __init__(self, commands: Commands, books: Sequence[BookPlan], *, quoting: bool = True) -> None:
        self._commands = commands
        self._books = books
        self._account = commands.engine.accounts.get(HOUSE) or commands.open_account(
            HOUSE, HOUSE_DEPOSIT, unlimited=True
        )
        self.quoting = quoting

    def give(self, account: Account, position: PositionPlan) -> None:
        """Trade a position to start with to an account, at its own entry price."""
        symbol = position.symbol
        self._commands.set_index(symbol, position.entry_price)
        side = BUY if position.amount > 0 else SELL
        left = abs(position.amount)
        while left:
            quantity = min(left, symbol.max_quantity)
            self._order(self._account, symbol, -side, quantity, position.entry_price)
            self._order(account, symbol, side, quantity, position.entry_price, "IOC", position.position_side)
            left -= quantity

    def open_books(self, *, printed: bool) -> None:
        """Lay all quotes for the first time, with a trade before if there is to be a last price."""
        for book in self._books:
            self._commands.set_index(book.symbol, book.mark)
            if printed:
                self._print(book)
            self._fill(book)

    def follow(self, quoting: bool) -> None:
        """Take the quotes out of every book, or lay them again around the present index."""
        if quoting == self.quoting:
            return
        self.quoting = quoting
        for book in self._books:
            self._commands.cancel_all(self._account, CancelAllRequest(book.symbol))
            if quoting:
                self._fill(replace(book, mark=self._index(book.symbol)))

    def move(self, symbol: Symbol, price: int) -> None:
        """Move the market: quotes are laid anew around the price, then come the index and a print. The side
        that the market moves towards is laid first, far levels before near ones, so that whoever is triggered
        on the way finds a book."""
        falls = price < self._index(symbol)
        self._commands.cancel_all(self._account, CancelAllRequest(symbol))
        books = [replace(book, mark=price) for book in self._books if book.symbol is symbol]
        for book in books if self.quoting else ():
            for side in (BUY, SELL) if falls else (SELL, BUY):
                for level in range(book.levels, 0, -1):
                    self._quote(book, side, level)
        self._commands.set_index(symbol, price)
        for book in books:
            self._print(book)

    def _index(self, symbol: Symbol) -> int:
        return self._commands.engine.markets[symbol.index].index

    def _print(self, book: BookPlan) -> None:
        """The smallest trade at the price, so that it is the last price."""
        symbol = book.symbol
        price = book.mark - book.mark % symbol.tick
        steps = -(-symbol.min_notional // symbol.notional(price, symbol.step))
        quantity = max(symbol.min_quantity, steps * symbol.step)
        self._order(self._account, symbol, SELL, quantity, price)
        self._order(self._account, symbol, BUY, quantity, price, "IOC")

    def _fill(self, book: BookPlan) -> None:
        for level in range(1, book.levels + 1):
            for side in (BUY, SELL):
                self._quote(book, side, level)

    def _quote(self, book: BookPlan, side: int, level: int) -> None:
        """One order, unless it would lie outside the symbol's price range."""
        symbol = book.symbol
        price = book.mark - book.mark % symbol.tick - side * level * book.spacing * symbol.tick
        if symbol.min_price <= price <= symbol.max_price:
            self._order(self._account, symbol, side, book.quantity, price)

    def _order(
        self,
        account: Account,
        symbol: Symbol,
        side: int,
        quantity: int,
        price: int,
        tif: str = "GTC",
        position_side: str = "BOTH",
    ) -> None:
        request = OrderRequest(symbol, side, "LIMIT", tif, quantity, price, False, position_side, "")
        self._commands.place(account, request)
