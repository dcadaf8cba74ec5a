"""What a document that somebody has written may hold: finite numbers within a range, and texts that a
terminal can show as they are.

A document is looked at once, before anything is made of it, so that no later place has to think of infinity,
of a thousand million nodes, or of a name that moves the cursor.
"""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Iterator, Mapping
from typing import Any

Range = tuple[float, float]
"""Least and largest, both allowed."""
ANY: Range = (-1e15, 1e15)
MOST_DIGITS = 60
"""Of a number that is repeated in a complaint."""
MOST_DEPTH = 20
_LAYOUT = "\n\t\u200c\u200d"
"""Layout, and the joiners that some scripts and signs are written with."""
_INVISIBLE = ("Cc", "Cf", "Cs", "Zl", "Zp")
"""Unicode categories: control characters, direction marks, lone surrogates, separators of lines."""


def check_bounds(document: Any, ranges: Mapping[str, Range], others: Range = ANY) -> None:
    """Looks at every number and text. A number's range goes by its key, or by how the key ends (`*_s`);
    `others` is that of all the rest. Raises ValueError that names the place and what is allowed there."""
    for place, key, value in _leaves(document, "", "", 0):
        if isinstance(value, str):
            if not is_plain(value):
                raise ValueError(f"{place} holds characters that cannot be shown: {value[:40]!r}")
        elif isinstance(value, int | float) and not isinstance(value, bool):
            low, high = _range_of(key, ranges, others)
            if not low <= value <= high:
                raise ValueError(f"{place} must be from {low:g} to {high:g}, not {_shown(value)}")


def is_plain(text: str) -> bool:
    """Whether a terminal shows it as it is."""
    return text.isprintable() or not any(
        unicodedata.category(letter) in _INVISIBLE for letter in text if letter not in _LAYOUT
    )


def made_plain(text: str) -> str:
    """The text with every character that a terminal would act upon written out."""
    if is_plain(text):
        return text
    return "".join(
        c if c in _LAYOUT or unicodedata.category(c) not in _INVISIBLE else ascii(c)[1:-1] for c in text
    )


def check_texts(document: Any) -> None:
    """Looks at the texts alone. Raises ValueError."""
    check_bounds(document, {}, (-math.inf, math.inf))


def _leaves(value: Any, place: str, key: str, depth: int) -> Iterator[tuple[str, str, Any]]:
    if depth > MOST_DEPTH:
        raise ValueError(f"{place} is nested more than {MOST_DEPTH} deep")
    if isinstance(value, dict):
        for name, item in value.items():
            if not is_plain(str(name)):
                raise ValueError(f"a key holds characters that cannot be shown: {str(name)[:40]!r}")
            yield from _leaves(item, f"{place}.{name}" if place else str(name), str(name), depth + 1)
    elif isinstance(value, list | tuple):
        for number, item in enumerate(value, 1):
            yield from _leaves(item, f"{place} number {number}", key, depth + 1)
    else:
        yield place, key, value


def _range_of(key: str, ranges: Mapping[str, Range], others: Range) -> Range:
    if key in ranges:
        return ranges[key]
    ending = key.rpartition("_")[2]
    return ranges.get(f"*_{ending}", others)


def _shown(value: Any) -> str:
    """Numbers can be longer than a line, or than Python writes."""
    return repr(value) if isinstance(value, float) or abs(value) < 10**MOST_DIGITS else "a longer number"
