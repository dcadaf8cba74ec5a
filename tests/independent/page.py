"""What stands on a report's page: every figure with its place, every word outside of figures, every table of
steps, every share in a picture. Nothing here or beside it knows the project's code."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

VOID = {"meta", "br", "link"}
SILENT = {"script", "style", "title", "code", "pre", "svg"}


class Page(HTMLParser):
    """`figures` are (key, value, kind, text); `words` text outside of figures and names; `series` are (keys,
    rows of cells); `shares` are (of what, text) in pictures; `reasons` sentences that repeat figures."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.figures: list[tuple[str, str, str, str]] = []
        self.words: list[str] = []
        self.series: list[tuple[list[str], list[list[str]]]] = []
        self.shares: list[tuple[str, str | None]] = []
        self.reasons: list[str] = []
        self.documents: dict[str, Any] = {}
        self._open: list[tuple[str, dict[str, Any]]] = []
        self._text = ""
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[Any]) -> None:
        attributes = dict(attrs)
        if tag in VOID:
            return
        self._open.append((tag, attributes))
        self._text = ""
        if tag == "table" and attributes.get("class") == "series":
            self.series.append(([], []))
        if self._in_series() and tag == "tr":
            self.series[-1][1].append([])
        if "data-series" in attributes and tag == "th":
            self.series[-1][0].append(attributes["data-series"])

    def _in_series(self) -> bool:
        return any(tag == "table" and a.get("class") == "series" for tag, a in self._open)

    def handle_data(self, data: str) -> None:
        self._text += data
        if not self._open:
            return
        tags = [tag for tag, _ in self._open]
        named = any(a.get("class") in ("name", "reason") for _, a in self._open)
        if any(a.get("class") == "reason" for _, a in self._open):
            self.reasons.append(data)
            return
        if named and "%" in data:
            self.words.append(data)  # a share in a name would be a figure that nobody checks
        if not named and not SILENT & set(tags) and "data" not in tags and not self._in_series():
            self.words.append(data)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """A shape in a picture."""

    def handle_endtag(self, tag: str) -> None:
        if not self._open or tag in VOID:
            return
        opened, attributes = self._open.pop()
        assert opened == tag, (opened, tag)
        if tag == "data":
            self.figures.append(
                (attributes["data-key"], attributes["value"], attributes["data-as"], self._text)
            )
        elif tag == "text" and "data-share" in attributes:
            self.shares.append((attributes["data-share"], self._text))
        elif tag in ("td", "th") and self._in_series():
            self.series[-1][1][-1].append(self._text)
        elif tag == "script" and attributes.get("id") == "documents":
            self.documents = json.loads(self._text)
        self._text = ""

    def unmarked(self) -> list[str]:
        """Words with a digit in them that are no figure: there may be none."""
        return [text for text in self.words if re.search(r"\d", text)]


def shown(value: float | int | None, kind: str) -> str:
    """How a figure must read."""
    if value is None:
        return "–"
    if kind == "count":
        return f"{value:,}"
    if kind == "share":
        return f"{value * 100:.2f} %"
    if kind == "round-share":
        return f"{value * 100:g} %"
    if kind == "seconds":
        return f"{value:.3f} s"
    return f"{value:g}" if isinstance(value, float) else str(value)
