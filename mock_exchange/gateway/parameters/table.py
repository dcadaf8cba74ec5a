"""What a parameter is, and how its text is read."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Final, Literal

import orjson

from mock_exchange.engine.symbols import Symbol, symbols
from mock_exchange.errors import Refused
from run_records.scaled import TooPreciseError, parse_scaled

INTEGER_RANGE: Final = "^[0-9]{1,18}$"
DECIMAL_RANGE: Final = r"^([0-9]{1,18})(\.[0-9]{1,18})?$"
CLIENT_ID_RANGE: Final = r"^[\.A-Z\:/a-z0-9_-]{1,36}$"
INVALID: Final = -1130
MISSING: Final = -1102
EMPTY: Final = -1105
NOT_WANTED: Final = -1106
_TOO_MANY_CANCELS: Final = -4032
"""Its only text with a gap speaks of something else."""
_INTEGER: Final = re.compile(r"[0-9]{1,18}", re.ASCII)
_CLIENT_ID: Final = re.compile(CLIENT_ID_RANGE[1:-1], re.ASCII)
_BOOLEANS: Final = {"true": True, "false": False}
"""In small letters; those written otherwise take the slow way."""
_SYMBOLS: Final = symbols()

Kind = Literal[
    "symbol",
    "text",
    "integer",
    "price",
    "quantity",
    "enum",
    "boolean",
    "client-id",
    "legs",
    "ids",
    "client-ids",
]
Given = Mapping[str, str]
Values = dict[str, Any]
Read = Callable[[str, Symbol | None], Any]


def texts(*values: str) -> dict[str, str]:
    """Texts that stand for themselves."""
    return {value: value for value in values}


@dataclass(frozen=True, slots=True)
class Param:
    """One parameter; those that every signed call carries (timestamp, recvWindow, signature) are not listed.

    `values` are the only texts allowed, and what each stands for; `least` and `most` bound integers and the
    length of lists; `code` is the refusal for a value outside these (-1130 unless the venue has a code of its
    own; where an integer has both, it is for those between the bounds). `not_here` are texts that the venue
    knows and this one refuses with codes of their own.

    A parameter of an order may be `needed_for` some order types (-1102 without it; for all, if none is
    listed), `needed_unless` another one takes its place, and `barred_for` others (`barred_code` with it). One
    that is `neutral` at nothing ("0", "false", "NONE") is barred only if it says something.
    """

    name: str
    kind: Kind
    mandatory: bool = False
    values: dict[str, Any] = field(default_factory=dict)
    least: int = 0
    most: int = 10**18 - 1
    code: int = INVALID
    not_here: Mapping[str, int] = field(default_factory=dict)
    needed_for: tuple[str, ...] = ()
    needed_unless: str = ""
    barred_for: tuple[str, ...] = ()
    barred_code: int = NOT_WANTED
    neutral: bool = False
    read: Read = field(init=False, repr=False, compare=False)
    """The value that a text stands for. Raises Refused."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "read", _READERS[self.kind](self))

    def missing(self) -> Refused:
        return Refused(MISSING, self.name)

    def empty(self) -> Refused:
        """What an empty text meets."""
        if self.kind == "client-id":
            return Refused(-1118)
        wanted = self.mandatory or self.needed_for or self.needed_unless
        return Refused(MISSING if wanted else EMPTY, self.name)

    def barred(self) -> Refused:
        return Refused(self.barred_code, *([self.name.lower()] if self.barred_code == NOT_WANTED else []))

    def invalid(self, text: object) -> Refused:
        """What a value outside the description meets."""
        if self.code == _TOO_MANY_CANCELS:
            return Refused(self.code)
        return Refused(self.code, self.name if self.code == INVALID else text)


class Table:
    """The parameters of one endpoint, in the order in which mistakes are told."""

    __slots__ = ("_by_name", "_mandatory", "_quick", "params")

    def __init__(self, params: Iterable[Param]) -> None:
        self.params = tuple(params)
        self._by_name = {param.name: param for param in self.params}
        self._mandatory = frozenset(param.name for param in self.params if param.mandatory)
        # Where the good texts are listed, looking one up is all there is to reading it.
        self._quick: dict[str, dict[str, Any] | Callable[[str, Any], Any]] = {
            param.name: param.values if param.kind == "enum" else _QUICK.get(param.kind, param.read)
            for param in self.params
        }

    def __getitem__(self, name: str) -> Param:
        return self._by_name[name]

    def read(self, given: Given) -> Values:
        """The typed values of those that are given. Raises Refused for the first mistake."""
        find = self._quick.get
        symbol = _SYMBOLS.get(given.get("symbol", ""))
        found = {}
        try:
            for name, text in given.items():
                read = find(name)
                if type(read) is dict:
                    found[name] = read[text]
                elif read is not None:
                    found[name] = read(text, symbol)  # type: ignore[operator]  # no dict here
        except (Refused, KeyError, ValueError):
            return self._read_in_order(given)
        return found

    def _read_in_order(self, given: Given) -> Values:
        """The slow way, once there is a mistake: which of several is told does not hang on the order in which
        somebody has written them."""
        symbol = _SYMBOLS.get(given.get("symbol", ""))
        found = {}
        for param in self.params:
            text = given.get(param.name)
            if text:
                found[param.name] = param.read(text, symbol)
            elif text is not None:
                raise param.empty()
            elif param.mandatory:
                raise param.missing()
        return found

    def read_all(self, given: Given) -> Values:
        """The same, and Refused with -1102 if a mandatory one is not there."""
        found = self.read(given)
        return found if self._mandatory <= found.keys() else self._read_in_order(given)


# -- readers: one for each kind ------------------------------------------------------------------------


def _symbol(param: Param) -> Read:
    def read(text: str, symbol: Symbol | None) -> Symbol:
        if symbol is None:
            raise Refused(-1121)
        return symbol

    return read


def _text(param: Param) -> Read:
    def read(text: str, symbol: Symbol | None) -> str:
        if not text:
            raise param.empty()
        return text

    return read


def _enum(param: Param) -> Read:
    values, not_here = param.values, param.not_here

    def read(text: str, symbol: Symbol | None) -> Any:
        try:
            return values[text]
        except KeyError:
            raise Refused(not_here[text]) if text in not_here else param.invalid(text) from None

    return read


def _integer(param: Param) -> Read:
    listed = {int(text) for text in param.values}

    def read(text: str, symbol: Symbol | None) -> int:
        if _INTEGER.fullmatch(text) is None:
            raise Refused(-1100, param.name, INTEGER_RANGE)
        number = int(text)
        if not param.least <= number <= param.most:
            code = INVALID if param.values else param.code
            raise Refused(code, param.name if code == INVALID else number)
        if listed and number not in listed:
            raise param.invalid(number)
        return number

    return read


def _boolean(param: Param) -> Read:
    def read(text: str, symbol: Symbol | None) -> bool:
        value = _BOOLEANS.get(text.lower())
        if value is None:
            raise param.invalid(text)
        return value

    return read


@lru_cache(maxsize=16_384)
def _price(text: str, symbol: Symbol | None) -> int:
    """Prices and sizes repeat, so recent results are remembered. Raises ValueError, also without a symbol:
    there is nothing to scale by."""
    if symbol is None:
        raise ValueError(text)
    return parse_scaled(text, symbol.price_precision)


@lru_cache(maxsize=16_384)
def _quantity(text: str, symbol: Symbol | None) -> int:
    if symbol is None:
        raise ValueError(text)
    return parse_scaled(text, symbol.quantity_precision)


def _decimal(param: Param) -> Read:
    """Scaled by the symbol's precision for it."""
    scaled = _price if param.kind == "price" else _quantity

    def read(text: str, symbol: Symbol | None) -> Any:
        if symbol is None:
            raise Refused(-1121)
        try:
            return scaled(text, symbol)
        except TooPreciseError:
            raise Refused(-1111) from None
        except ValueError:
            raise Refused(-1100, param.name, DECIMAL_RANGE) from None

    return read


def _client_id(param: Param) -> Read:
    def read(text: str, symbol: Symbol | None) -> str:
        if _CLIENT_ID.fullmatch(text) is None:
            raise Refused(-4015) if len(text) > 36 else Refused(-1100, param.name, CLIENT_ID_RANGE)
        return text

    return read


def _list(param: Param, read_item: Callable[[Any], Any]) -> Read:
    """A JSON list: -1130 malformed, the parameter's own code if it is too short or too long."""

    def read(text: str, symbol: Symbol | None) -> list[Any]:
        try:
            rows = orjson.loads(text)
        except orjson.JSONDecodeError:
            raise Refused(INVALID, param.name) from None
        if not isinstance(rows, list):
            raise Refused(INVALID, param.name)
        items = [read_item(row) for row in rows]
        if not param.least <= len(items) <= param.most:
            raise param.invalid(len(items))
        return items

    return read


def _legs(param: Param) -> Read:
    def leg(row: Any) -> dict[str, str]:
        if not isinstance(row, dict):
            raise Refused(INVALID, param.name)
        return {name: _plain(value) for name, value in row.items()}

    return _list(param, leg)


def _plain(value: object) -> str:
    """A JSON value as the text that a parameter of its own would have."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    return orjson.dumps(value).decode()


def _ids(param: Param) -> Read:
    def number(row: Any) -> int:
        if type(row) is not int or not 0 < row < 10**18:
            raise Refused(INVALID, param.name)
        return row

    return _list(param, number)


def _client_ids(param: Param) -> Read:
    read_one = _client_id(param)

    def name(row: Any) -> str:
        if not isinstance(row, str):
            raise Refused(INVALID, param.name)
        return str(read_one(row, None))

    return _list(param, name)


_READERS: Final[dict[Kind, Callable[[Param], Read]]] = {
    "symbol": _symbol,
    "text": _text,
    "integer": _integer,
    "price": _decimal,
    "quantity": _decimal,
    "enum": _enum,
    "boolean": _boolean,
    "client-id": _client_id,
    "legs": _legs,
    "ids": _ids,
    "client-ids": _client_ids,
}
_QUICK: Final[dict[Kind, dict[str, Any] | Callable[[str, Any], Any]]] = {
    "symbol": _SYMBOLS,
    "boolean": _BOOLEANS,
    "price": _price,
    "quantity": _quantity,
}
"""Texts and their values, or readers that leave it to others to say what is wrong."""
