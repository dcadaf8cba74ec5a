"""The traders of a scenario: which accounts they need and how each of them trades.

Every group opens its own accounts, each with its own source address, so that rate limits (per account
and per address) are met only where a scenario means to meet them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from loadgen.scenarios.groups import KINDS, Group
from loadgen.traders.board import Board
from loadgen.traders.verbs import Trader
from mock_exchange.gateway.config import Limits
from mock_exchange.plan import AccountPlan
from mock_exchange.randomness import stream

HEADROOM = 0.75
"""Part of an order limit that a scenario's mean rate may use before it is refused."""


class PopulationError(ValueError):
    """Traders that cannot trade as the scenario says; one line."""


@dataclass(frozen=True, slots=True)
class Member:
    """One trader of a population: its label, the number of its account, and how to start it."""

    label: str
    account: int
    group: Group
    number: int

    def start(self, seed: int, board: Board) -> Trader:
        """Its generator; the random stream depends on seed and label alone. `board` is shared by all traders
        of a process."""
        return self.group.trader(self.number, stream(seed, "trader", self.label), board)


class Population:
    """All groups of a scenario, in file order."""

    def __init__(self, groups: list[Group]) -> None:
        self.groups = groups
        self._members = list(self._label())

    def _label(self) -> Iterator[Member]:
        account = 0
        names = {kind: name for name, kind in KINDS.items()}
        for place, group in enumerate(self.groups, 1):
            for number in range(group.accounts):
                label = f"{names[type(group)]}-{place}.{number + 1}"
                yield Member(label, account, group, number)
                account += 1

    def members(self) -> list[Member]:
        return self._members

    def accounts(self) -> list[AccountPlan]:
        return [member.group.account_plan(member.label, member.number) for member in self._members]

    def feigning(self) -> frozenset[str]:
        """Labels of the traders that pass openings off as something better."""
        return frozenset(member.label for member in self._members if member.group.feigns)

    def check_market_watch(self) -> None:
        """Raises PopulationError if somebody acts on prices and nobody looks at them."""
        if any(group.everywhere for group in self.groups):
            return
        for member in self._members:
            if member.group.needs_prices:
                raise PopulationError(f"{member.label} acts on prices: add [[traders]] kind = 'market-watch'")

    def check_order_limits(self, limits: Limits) -> None:
        """Raises PopulationError if an account's mean rate comes near its order limits."""
        most = HEADROOM * min(limits.orders_per_minute / 60, limits.orders_per_10s / 10)
        for member in self._members:
            rate = member.group.orders_per_second()
            if rate > most:
                raise PopulationError(
                    f"{member.label} would send {rate:.1f} orders/s, too near the order limit of its account "
                    f"({most:.1f}/s at most): use more accounts, or set rate_limits_intended = true"
                )
