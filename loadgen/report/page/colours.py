"""One colour for one code, in every picture of a page."""

from __future__ import annotations

_CLASSES = {0: "c0", -503: "c1", -1: "c2", -1008: "c3", -4118: "c4", -2010: "c5", -2022: "c7"}
_UNCOMMON, _TOGETHER = "c8", "c6"


def code_class(code: int | None) -> str:
    """The CSS class of a code; None for all the rare ones together. Uncommon codes share one."""
    return _TOGETHER if code is None else _CLASSES.get(code, _UNCOMMON)
