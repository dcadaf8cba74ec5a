"""A request on its way, and the trader that sent it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import msgspec

from loadgen.traders.verbs import Send, Trader

if TYPE_CHECKING:
    from loadgen.drive.runner import Runner


class Task:
    """A running trader (or a child of one) and the account it trades on."""

    __slots__ = ("account", "generator", "name")

    def __init__(self, name: str, account: int, generator: Trader) -> None:
        self.name = name
        self.account = account
        self.generator = generator


class Sent(msgspec.Struct, eq=False):
    """A request on its way: settled by an answer, a broken connection or the client's own timeout."""

    runner: Runner
    task: Task
    verb: Send
    intended: int
    sent: int
    key: str | int = ""
    settled: bool = False

    def answered(self, http: int, code: int, body: Callable[[], Any]) -> None:
        """Called by the transport, at most once to any effect. `body` makes the JSON data if asked."""
        if not self.settled:
            self.settled = True
            self.runner.finish(self, http, code, body)

    def missed(self) -> None:
        """Called by the transport where it could not be sent."""
        self.settled = True
        self.runner.in_flight -= 1
        self.runner.miss(self.task, self.verb)
