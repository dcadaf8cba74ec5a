"""The kinds of traders that a scenario can name: their parameters, their accounts, how each trades."""

from __future__ import annotations

from typing import Any

from loadgen.scenarios.groups.arrivals import (
    BatchGamers,
    Cancellers,
    FlagGamers,
    LaneGamers,
    OpeningFlood,
    Reducers,
)
from loadgen.scenarios.groups.base import Group
from loadgen.scenarios.groups.crowds import Crowd, MarketWatch
from loadgen.scenarios.groups.exits import ExitBots, Holders, RiskBot, Visitors
from loadgen.scenarios.groups.quotes import Arbitrageurs, Makers, MarketMakers

KINDS: dict[str, Any] = {
    "opening-flood": OpeningFlood,
    "reducers": Reducers,
    "risk-bot": RiskBot,
    "cancellers": Cancellers,
    "makers": Makers,
    "flag-gamers": FlagGamers,
    "lane-gamers": LaneGamers,
    "batch-gamers": BatchGamers,
    "market-watch": MarketWatch,
    "crowd": Crowd,
    "holders": Holders,
    "market-makers": MarketMakers,
    "arbitrageurs": Arbitrageurs,
    "exit-bots": ExitBots,
    "visitors": Visitors,
}

__all__ = ["KINDS", "Group"]
