"""HTML in small pieces. Every figure on the page carries its place in the documents it comes from."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape
from typing import Any

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
    return f"{value:g}" if isinstance(value, float) else escape(str(value))


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

    def figure(self, kind: str, *path: str | int) -> str:
        """A figure, marked with its value and its path."""
        value = self.at(*path)
        key = ".".join(map(str, path))
        return (
            f'<data value="{escape(str(value))}" data-key="{key}" data-as="{kind}">{shown(value, kind)}'
            "</data>"
        )

    def interval(self, *path: str | int) -> str:
        """Both ends of an interval of shares."""
        if self.at(*path) is None:
            return ""
        return f"{self.figure(SHARE, *path, 0)} … {self.figure(SHARE, *path, 1)}"


def name(text: str) -> str:
    """A name or definition: digits in it belong to the name and measure nothing."""
    return f'<span class="name">{escape(text)}</span>'


def table(
    head: Sequence[str],
    rows: Iterable[Sequence[str]],
    caption: str,
    *,
    numbers: Iterable[int] = (),
    klass: str = "",
) -> str:
    """Cells are HTML; the columns `numbers` are set flush right. Wide tables scroll by themselves."""
    right = frozenset(numbers)
    named = f' class="{klass}"' if klass else ""

    def cell(tag: str, place: int, text: str) -> str:
        scope = ' scope="row"' if tag == "th" else ""
        return f"<{tag}{scope}{_flush(place in right)}>{text}</{tag}>"

    top = "".join(f'<th scope="col"{_flush(place in right)}>{text}</th>' for place, text in enumerate(head))
    body = "".join(
        "<tr>"
        + "".join(cell("td" if place else "th", place, text) for place, text in enumerate(row))
        + "</tr>"
        for row in rows
    )
    return scroll(
        f"<table{named}><caption>{escape(caption)}</caption><thead><tr>{top}</tr></thead><tbody>{body}</tbody>"
        "</table>",
        caption,
    )


def _flush(right: bool) -> str:
    return ' class="right"' if right else ""


def scroll(content: str, label: str) -> str:
    """A box of its own for what may be wider than the page; it can be reached and moved by keys."""
    return f'<div class="scroll" role="region" tabindex="0" aria-label="{escape(label)}">{content}</div>'


def details(summary: str, content: str) -> str:
    return f"<details><summary>{escape(summary)}</summary>{content}</details>"


def section(title: str, content: str, anchor: str) -> str:
    return f'<section aria-labelledby="{anchor}"><h2 id="{anchor}">{escape(title)}</h2>{content}</section>'


def picture(title: str, svg: str, told: str, more: str = "") -> str:
    """A figure with its caption, and the same as a table for who cannot or will not look at it."""
    return (
        f"<figure>{scroll(svg, title)}<figcaption><strong>{escape(title)}.</strong> {told}</figcaption>"
        f"{more}</figure>"
    )
