"""The gallery of policies that cheat, and what a contract has to say of each."""

from __future__ import annotations

import importlib
import inspect
import pkgutil

from tests.adversary import policies
from tests.adversary.policies import Open

ACCEPTED, NOTIONAL, SHUT = "reducing-accepted", "notional-accepted", "never-shut"
CANCELS, BEHIND, STARVED = "cancels-accepted", "not-behind", "no-starvation"
TRUTHS: dict[str, str] = {
    "ShutForASecondInTwenty": ACCEPTED,
    "ShutForAFifthOfEverySecond": SHUT,
    "ShutForTenMillisecondsInEveryFifth": ACCEPTED,
    "ShutAtTheStart": ACCEPTED,
    "ShutAtTheEnd": ACCEPTED,
    "ShutWhenFull": ACCEPTED,
    "ShutWhenBusy": ACCEPTED,
    "ShutByDice": ACCEPTED,
    "ShutInHalfOfTheMoments": ACCEPTED,
    "ShutAfterAWhile": SHUT,
    "OneAccountNeverGetsOut": "nobody-shut-out",
    "AnotherAccountInEveryRun": "nobody-shut-out",
    "EvenAccounts": "parity",
    "OnlyLongPositions": ACCEPTED,
    "OneSymbol": "worst-account",
    "AnAccountThatNeverOpens": "parity-of-openings",
    "OpeningsByAccount": "parity-of-openings",
    "OpeningsBySecond": "parity-of-openings",
    "NobodySells": "parity-of-markets",
    "OneSymbolNeverOpens": "parity-of-markets",
    "WhoTriedBefore": ACCEPTED,
    "OnlySmallOrders": NOTIONAL,
    "HalfOfTheLargeOnes": NOTIONAL,
    "OnlyLargeOrders": ACCEPTED,
    "OnlyLimitOrders": ACCEPTED,
    "EveryThird": ACCEPTED,
    "BehindAStateRefusal": ACCEPTED,
    "BehindARateLimit": ACCEPTED,
    "BehindAnotherOfTheirs": ACCEPTED,
    "BehindTheMargin": ACCEPTED,
    "CancelsRefused": CANCELS,
    "CancelsRefusedWhenFull": CANCELS,
    "CancelsRefusedByDice": CANCELS,
    "ExitsLast": BEHIND,
    "ExitsBehindYoungerOpenings": BEHIND,
    "CancelsLast": "cancels-unhurried",
    "DroppedAtTheirTurn": ACCEPTED,
    "SomeDroppedAtTheirTurn": ACCEPTED,
    "ExitsEvictedByOpenings": ACCEPTED,
    "NobodyOpens": STARVED,
    "NearlyNobodyOpens": STARVED,
    "OpenToAll": "unhurried",
    "WorkInVain": "goodput",
    "ReachesByFrames": ACCEPTED,
    "ReachesByGarbage": ACCEPTED,
    "ReachesByPatch": ACCEPTED,
    "ReachesByPatchAndRestores": ACCEPTED,
    "ReachesByFiles": ACCEPTED,
    "ShutInEveryThirdRun": ACCEPTED,
    "ShutInEveryFifthRun": "nobody-shut-out",
    "ShutInEveryTenthRun": "nobody-shut-out",
}
"""The clause that must be broken."""
NOT_HELD = (
    "OneAccountByDice",
    "HalfShutInEveryFourthRun",
    "NobodyOpensInEveryFourthRun",
    "CancelsShutInEveryFourthRun",
)
"""So small, or in so few runs, that twenty of them need not be sure; they must not be told to hold."""


def classes() -> dict[str, str]:
    """What loads each of them, by its name."""
    found = {}
    for module in pkgutil.iter_modules(policies.__path__):
        name = f"{policies.__name__}.{module.name}"
        for cls_name, cls in inspect.getmembers(importlib.import_module(name), inspect.isclass):
            if issubclass(cls, Open) and cls is not Open and not cls_name.startswith("_"):
                found[cls_name] = f"{cls.__module__}:{cls_name}"
    return found
