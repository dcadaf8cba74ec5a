"""One palette, told apart without red against green: a colour stands for one meaning, in every picture.

Each entry is (light, dark). A picture names colours by CSS class; `palette()` defines them all, for a page or
for a picture of its own. Answers are coloured by what they meant: codes of one meaning are shades of one hue.
"""

from __future__ import annotations

from collections.abc import Iterable

from run_records.words import Meaning

_CLASSES = {
    "k-reducing": ("#0072b2", "#4fb2ee"),
    "k-opening": ("#d55e00", "#f08c3c"),
    "k-cancel": ("#7f6a85", "#b7a0be"),
    "k-truly-reducing": ("#009e73", "#2cc79a"),
    "k-offered": ("#8a949e", "#9aa5af"),
    "k-served": ("#009e73", "#2cc79a"),
    "k-held": ("#cc79a7", "#e39bc4"),
    "k-bots": ("#4b3f72", "#a294d8"),
    "holds": ("#2b7bba", "#2b7bba"),
    "broken": ("#d9772b", "#d9772b"),
    "inconclusive": ("#b9c1c9", "#4a545e"),
}
_SERIES = (
    ("#d55e00", "#f0823c"),
    ("#e69f00", "#f2b93c"),
    ("#0072b2", "#3d9be0"),
    ("#cc79a7", "#e39bc4"),
    ("#56b4e9", "#8fd0f5"),
    ("#8a949e", "#9aa5af"),
    ("#4b3f72", "#a294d8"),
    ("#b5a300", "#d6c63c"),
)
"""Lines that have no meaning of their own."""
_SHADES: dict[str, tuple[tuple[str, str], ...]] = {
    Meaning.ACCEPTED: (("#009e73", "#2cc79a"),),
    Meaning.CAPACITY_REFUSED: (("#d55e00", "#f0823c"), ("#a33c00", "#ffb184"), ("#f09a5c", "#b4551a")),
    Meaning.UNKNOWN: (("#e69f00", "#f2b93c"), ("#a87400", "#ffdd94"), ("#f5cf73", "#b0832a")),
    Meaning.STATE_REFUSED: (
        ("#0072b2", "#3d9be0"),
        ("#56b4e9", "#8fd0f5"),
        ("#cc79a7", "#e39bc4"),
        ("#4b3f72", "#a294d8"),
    ),
    Meaning.LIMITED: (("#6f7a84", "#aeb9c2"),),
    Meaning.MALFORMED: (("#b5a300", "#d6c63c"),),
    "other": (("#8a949e", "#9aa5af"),),
}


class Colours:
    """The CSS class of each code of a picture, or of several that are to agree. `codes` are (code, meaning),
    those that matter most first: where a meaning has more codes than shades, its last ones share one."""

    def __init__(self, codes: Iterable[tuple[str, str]]) -> None:
        self._of: dict[str, str] = {}
        used: dict[str, int] = {}
        for code, meaning in codes:
            shades = _SHADES.get(meaning)
            if shades is None or code in self._of:
                continue
            shade = used[meaning] = min(used.get(meaning, -1) + 1, len(shades) - 1)
            self._of[code] = f"m-{meaning}-{shade}"

    def of(self, code: object) -> str:
        return self._of.get(str(code), "m-other-0")


def series_class(place: int) -> str:
    """Of the lines of a picture, one after the other."""
    return f"s{place % len(_SERIES)}"


def palette() -> str:
    """All colours as CSS: each class sets `--k`, by light or dark ground, in print as on light."""
    named = dict(_CLASSES)
    named |= {series_class(place): pair for place, pair in enumerate(_SERIES)}
    named |= {
        f"m-{meaning}-{shade}": pair for meaning, pairs in _SHADES.items() for shade, pair in enumerate(pairs)
    }
    light = " ".join(f"--{name}: {pair[0]};" for name, pair in named.items())
    dark = " ".join(f"--{name}: {pair[1]};" for name, pair in named.items())
    rules = "\n".join(f".{name} {{ --k: var(--{name}) }}" for name in named)
    return (
        f":root {{ {light} }}\n@media screen and (prefers-color-scheme: dark) {{ :root {{ {dark} }} }}\n"
        f"{rules}\n"
        ".line { fill: none; stroke-width: 2; stroke: var(--k) }\n.line.mark { stroke-width: 1.6 }\n"
        ".area { fill: var(--k); opacity: 0.45 }\n.fill { fill: var(--k) }\n"
        ".gone { fill: var(--k); opacity: 0.4 }\n"
    )


def standalone_style() -> str:
    """The palette, and what a page would say of text and ground."""
    return (
        "\n:root { --ink: #1c2733; --faint: #55626e; --paper: #ffffff; --edge: #dde3e8 }\n"
        "@media screen and (prefers-color-scheme: dark) {\n"
        "  :root { --ink: #e6ebf0; --faint: #a7b4bf; --paper: #14191f; --edge: #33404c }\n}\n"
        "text { font: 12px system-ui, sans-serif; fill: var(--ink) } .small { font-size: 10px }\n"
        ".tick { fill: var(--faint); font-size: 10px } .head { font-weight: 600 }\n"
        ".page { fill: var(--paper) }\n"
        f".grid {{ stroke: var(--edge); fill: none }}\n{palette()}"
    )
