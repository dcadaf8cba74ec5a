"""Looking after every run, and being right all the same: how much a sample speaks against a clause, so that
it may be stopped as soon as it says enough.

An interval that is looked at again and again misses far more often than it states. A wealth does not: bet
against the clause before each run, at odds that are fair if the clause is met, and the wealth is rarely large
by chance (Ville, 1939): at most once in 1/alpha it ever reaches 1/alpha. Runs need only be independent;
nothing is assumed of the shape of what they show.
"""

from __future__ import annotations

from collections.abc import Sequence

STAKES = tuple((place + 0.5) / 20 for place in range(20))
"""The parts of the wealth that are staked, side by side, since nobody knows the best one beforehand."""


def wealth(values: Sequence[float], least: float) -> list[float]:
    """After each of `values` (from 0 to 1): what has become of 1, staked against their mean being `least` or
    more; the mean over STAKES of ∏ (1 + stake · (least − value) / (1 − least)). `least` is below 1.

    Source: betting against a bounded mean, Waudby-Smith and Ramdas (JRSS-B 86, 2024), with a fixed mixture.
    """
    wealths = [1.0] * len(STAKES)
    told = []
    for value in values:
        gain = (least - value) / (1 - least)
        wealths = [had * (1 + stake * gain) for had, stake in zip(wealths, STAKES, strict=True)]
        told.append(sum(wealths) / len(wealths))
    return told


def anytime_p(values: Sequence[float], least: float) -> float:
    """How likely it is at most that so much is ever won if the mean is `least` or more: valid whenever one
    chooses to look. 1 for no value."""
    return min(1.0, 1 / max((*wealth(values, least), 1.0)))
