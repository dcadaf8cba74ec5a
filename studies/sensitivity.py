"""Over which values of each assumption a re-enactment still looks like what was reported, one at a time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from fireexit.parallel import Workers
from loadgen.scenarios import load_scenario
from studies.picture import Picture, Trial, picture_of

COARSE = (0.5, 2.0)
FINE = (0.5, 0.8, 1.25, 2.0)
"""Every number is tried at half and twice its value, those of interest at four fifths and five quarters,
too."""


@dataclass(frozen=True, slots=True)
class Row:
    """One assumption at one value: in how many runs enough was refused, the codes came in order, both."""

    name: str
    value: Any
    runs: int
    enough: int
    in_order: int
    shows: int
    mean_share: float


def table(
    scenario: str,
    policy: str,
    seeds: Sequence[int],
    duration_s: float,
    others: dict[str, tuple[Any, ...]],
    fine: frozenset[str],
    progress: Callable[[float], None],
) -> list[Row]:
    """The rows of all assumptions, first as they are, then one changed at a time: numbers by COARSE factors
    or, those in `fine`, by FINE ones; those in `others` as listed there."""
    values: list[tuple[str, Any]] = [("", None)]
    for name, parameter in load_scenario(scenario).parameters.items():
        if name in others:
            values += [(name, value) for value in others[name]]
        elif isinstance(parameter.value, int | float) and not isinstance(parameter.value, bool):
            values += [
                (name, _times(parameter.value, factor)) for factor in (FINE if name in fine else COARSE)
            ]
    trials = [
        Trial(scenario, {name: value} if name else {}, policy, seed, duration_s)
        for name, value in values
        for seed in seeds
    ]
    with Workers() as each:
        pictures = each(picture_of, trials, progress)
    return [
        _row(name, value, pictures[place * len(seeds) : (place + 1) * len(seeds)])
        for place, (name, value) in enumerate(values)
    ]


def _times(value: Any, factor: float) -> Any:
    changed = value * factor
    return max(1, round(changed)) if isinstance(value, int) else round(changed, 9)


def _row(name: str, value: Any, pictures: list[Picture]) -> Row:
    shares = [picture.refused_share or 0.0 for picture in pictures]
    return Row(
        name,
        value,
        len(pictures),
        sum(picture.enough_refused for picture in pictures),
        sum(picture.in_order for picture in pictures),
        sum(picture.shows for picture in pictures),
        sum(shares) / len(shares),
    )
