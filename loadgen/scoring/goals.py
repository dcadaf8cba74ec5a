"""What each account under watch set out to do."""

from __future__ import annotations

from dataclasses import dataclass

from loadgen.scenarios import Scenario
from loadgen.scenarios.groups.exits import ExitBots, Visitors
from mock_exchange.engine.symbols import Symbol
from mock_exchange.plan import PositionPlan


@dataclass(frozen=True, slots=True)
class Goal:
    """`account` holds `held` (signed, scaled) of `symbol` on `side` and is to reduce it by `target`.
    `behaviour` is how one of our bots takes refusals, `visitor` for somebody else's."""

    account: str
    behaviour: str
    symbol: Symbol
    side: str
    held: int
    target: int

    @property
    def sign(self) -> int:
        return 1 if self.held > 0 else -1


VISITOR = "visitor"


def goals_of(scenario: Scenario) -> list[Goal]:
    """One for each account under watch, in the order of the scenario."""
    goals = []
    for member in scenario.population.members():
        group = member.group
        if isinstance(group, ExitBots | Visitors):
            (position,) = group.account_plan(member.label, member.number).positions
            behaviour = group.behaviour if isinstance(group, ExitBots) else VISITOR
            target = group.scaled_target() if isinstance(group, ExitBots) else abs(position.amount)
            goals.append(_goal(member.label, behaviour, position, target))
    return goals


def _goal(account: str, behaviour: str, position: PositionPlan, target: int) -> Goal:
    return Goal(account, behaviour, position.symbol, position.position_side, position.amount, target)
