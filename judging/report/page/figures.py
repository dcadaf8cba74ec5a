"""Figures on a page: each carries its place in the documents it comes from, so that anybody can check it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from markupsafe import Markup

Path = Sequence[str | int]
"""Where a figure stands in the page's documents: ("verdict", "clauses", 0, "numerator")."""

COUNT, SHARE, ROUND_SHARE, SECONDS, PLAIN = "count", "share", "round-share", "seconds", "plain"


def shown(value: Any, kind: str) -> str:
    """A figure as a reader sees it; – for one that is not there."""
    if value is None:
        return "–"
    if kind == COUNT:
        return f"{value:,}"
    if kind == SHARE:
        return f"{100 * value:.2f} %"
    if kind == ROUND_SHARE:
        return f"{100 * value:g} %"
    if kind == SECONDS:
        return f"{value:.3f} s"
    return f"{value:g}" if isinstance(value, float) else str(value)


class Documents:
    """What a page is made of, by name; figures are taken from it by their path."""

    def __init__(self, **documents: Any) -> None:
        self.all = documents

    def at(self, *path: str | int) -> Any:
        """The value at a path. Raises KeyError, IndexError."""
        value: Any = self.all
        for step in path:
            value = value[step]
        return value

    def figure(self, kind: str, *path: str | int) -> Markup:
        """A figure, marked with its value and its path."""
        value = self.at(*path)
        key = ".".join(map(str, path))
        marked = Markup('<data value="{}" data-key="{}" data-as="{}">{}</data>')
        return marked.format(str(value), key, kind, shown(value, kind))

    def interval(self, *path: str | int) -> Markup:
        """Both ends of an interval of shares."""
        if self.at(*path) is None:
            return Markup("")
        return Markup("{} … {}").format(self.figure(SHARE, *path, 0), self.figure(SHARE, *path, 1))

    def counted(self, *path: str | int) -> Markup:
        """`numerator` of `denominator`."""
        ends = (self.figure(COUNT, *path, end) for end in ("numerator", "denominator"))
        return Markup("{} of {}").format(*ends)

    @property
    def code_names(self) -> dict[str, str]:
        """How readers know codes that have another name than their own."""
        names: dict[str, str] = self.all["report"]["code_names"]
        return names

    def code_name(self, code: object) -> str:
        return self.code_names.get(str(code), str(code))


def name(text: object) -> Markup:
    """A name or definition: digits in it belong to the name and measure nothing."""
    return Markup('<span class="name">{}</span>').format(text)
