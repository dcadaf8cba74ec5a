"""What each account under watch sets out to do, for whoever scores it."""

from __future__ import annotations

from loadgen.scenarios.groups.exits import ExitBots, Visitors
from loadgen.scenarios.scenario import Scenario
from mock_exchange.plan import PositionPlan
from run_records.goals import VISITOR, Goal


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
    symbol = position.symbol
    return Goal(
        account,
        behaviour,
        symbol.name,
        symbol.price_precision,
        symbol.quantity_precision,
        position.position_side,
        position.amount,
        target,
    )
