"""What an endpoint is: its parameters, its weight, who may call it, what answers it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from mock_exchange.engine.accounts import Account
from mock_exchange.gateway.parameters import orders
from mock_exchange.gateway.parameters.table import Given, Param, Table, Values
from mock_exchange.gateway.parameters.times import Rule

OPEN: Final = "none"
KEY: Final = "key"
SIGNED: Final = "signed"

ORDER: Final = "order"
TEST: Final = "test"
BATCH: Final = "batch"
AMEND: Final = "amend"
BATCH_AMEND: Final = "batch-amend"
CANCEL_ONE: Final = "cancel"
BATCH_CANCEL: Final = "batch-cancel"
CANCEL_ALL: Final = "cancel-all"

Reader = Callable[[Given, str, int, int], Any]
"""(parameters, epoch, venue time, recvWindow's end) to what an order verb asks for."""
READERS: Final[dict[str, Reader]] = {
    ORDER: orders.read_order,
    TEST: orders.read_order,
    AMEND: orders.read_amendment,
    BATCH: orders.read_batch,
    BATCH_AMEND: orders.read_batch,
    CANCEL_ONE: orders.read_cancel,
    BATCH_CANCEL: orders.read_batch_cancel,
    CANCEL_ALL: orders.read_cancel_all,
}


@dataclass(frozen=True, slots=True)
class Route:
    """An endpoint: its weight (a number or a function of the parameters), who may call it, and either
    an order verb or the function that answers it from the venue's state. A query has its parameters here, and
    the rules between them; those of an order verb change with the epoch (`parameters`)."""

    weight: int | Callable[[Mapping[str, str]], int]
    security: str
    verb: str = ""
    answer: Callable[[Any, Account | None, Values], Any] | None = None
    params: tuple[Param, ...] = ()
    rules: tuple[Rule, ...] = ()
    tells_of_orders: bool = False
    """Whether its answer says what became of orders: one about a position does not."""
    read: Reader = field(init=False, repr=False, compare=False)
    """What a call asks for: an order verb's request, a query's typed values. Raises Refused for what the
    description does not allow."""

    def __post_init__(self) -> None:
        read = READERS[self.verb] if self.verb else _query_reader(self.params, self.rules)
        object.__setattr__(self, "read", read)


def _query_reader(params: tuple[Param, ...], rules: tuple[Rule, ...]) -> Reader:
    table = Table(params)

    def read(given: Given, epoch: str, now_ms: int, deadline_ms: int) -> Values:
        values = table.read_all(given)
        for rule in rules:
            rule(values, now_ms)
        return values

    return read


def params_of(route: Route, epoch: str) -> tuple[Param, ...]:
    """All parameters of an endpoint in an epoch, of order verbs, too."""
    tables = {
        ORDER: orders.ORDERS[epoch],
        TEST: orders.ORDERS[epoch],
        AMEND: orders.AMENDMENTS[epoch],
        BATCH: orders.BATCHES,
        BATCH_AMEND: orders.BATCHES,
        CANCEL_ONE: orders.CANCELS,
        BATCH_CANCEL: orders.BATCH_CANCELS,
        CANCEL_ALL: orders.CANCEL_ALLS,
    }
    return tables[route.verb].params if route.verb else route.params
