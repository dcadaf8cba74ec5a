"""The funnel as a flow: of all attempts of a class, what each stage ended, and what is left."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from markupsafe import Markup

from judging.counting.breakdown import NEVER_ARRIVED
from judging.drawing.plot import WIDTH, picture
from judging.drawing.svg import box, path, text
from judging.report.page.figures import COUNT, Documents, name
from judging.report.page.pictures import Picture, Table
from run_records.words import CANCEL, ENGINE_STAGES, OPENING, REDUCING, Class, Stage

_REFUSING = (Stage.RISK, Stage.MATCH)
_IN_ORDER: tuple[str, ...] = (NEVER_ARRIVED, *(stage for stage in Stage if stage not in ENGINE_STAGES))
_TITLES = {REDUCING: "claim to reduce", OPENING: "open", CANCEL: "cancel"}
_LEFT, _BAND, _BELOW = 130, 70, 74


def flow(documents: Documents, whose: str) -> Picture | None:
    """A band for each class, in a scale of its own, and every ending in figures. None without a journal, or
    without attempts."""
    endings = documents.at("report", "endings")
    if documents.at("report", "first", "reconciliation") is None:
        return None
    stages = _stages(endings)
    parts: list[Markup] = []
    top = 24.0
    for klass in (REDUCING, OPENING, CANCEL):
        mine = [row for row in endings if row["class"] == klass]
        if mine:
            parts += _band(klass, mine, stages, top)
            top += _BAND + _BELOW
    if not parts:
        return None
    title = "Where each attempt ended"
    told = (
        f"From left to right the stages of the exchange ({whose}, by the exchange's journal). Each class is "
        "drawn in a scale of its own: its whole band is all of its attempts. What ended for good at a stage "
        "leaves downwards; what is left at the right was done by the engine, in the darker part without its "
        "client learning of it: answered too late, or not at all."
    )
    return Picture(title, picture(top, title, parts), told, _endings(documents), "Every ending in figures")


def _stages(endings: list[dict[str, Any]]) -> list[str]:
    """Those at which anything ended, in the order of a request's way."""
    seen = {row["stage"] for row in endings}
    known = [stage for stage in _IN_ORDER if stage in seen]
    others = sorted(seen - set(_IN_ORDER) - ENGINE_STAGES)
    return [*known, *others, *(stage for stage in _REFUSING if stage in seen)]


def _band(klass: Class, endings: list[dict[str, Any]], stages: Sequence[str], top: float) -> list[Markup]:
    ended: Counter[str] = Counter()
    for row in endings:
        ended[row["stage"]] += row["attempts"] * (not row["executed"])
    whole = sum(row["attempts"] for row in endings)
    step = (WIDTH - _LEFT - 210) / max(1, len(stages))
    parts = [text(_LEFT - 10, top + 16, _TITLES[klass], "head", "end")]
    left = whole
    bottom = top + _BAND
    for place, stage in enumerate(stages):
        x = _LEFT + place * step
        height = _BAND * left / whole
        parts.append(box(x, top, step + 0.5, height, f"fill k-{klass}"))
        gone = ended[stage]
        if gone:
            parts.append(_leaving(x + step, top + height, _BAND * gone / whole, step, bottom + 14, klass))
            down = bottom + 30 + 26 * (place % 2)
            label = f"{stage} {gone / whole:.1%}"
            parts.append(text(x + step - 4, down, label, "tick", "middle", f"{klass}|{stage}"))
        left -= gone
    return parts + _arrived(klass, endings, left, whole, top, _LEFT + len(stages) * step)


def _arrived(
    klass: Class, endings: list[dict[str, Any]], left: int, whole: int, top: float, x: float
) -> list[Markup]:
    """What the engine did, and the part of it that its client does not know of."""
    unknown = sum(row["attempts"] for row in endings if row["executed"] and row["seen"])
    height, dark = _BAND * left / whole, _BAND * unknown / whole
    parts = [box(x, top, 24, height, f"fill k-{klass}")]
    if dark:
        parts.append(box(x, top + height - dark, 24, dark, "dark"))
    parts.append(text(x + 32, top + 14, f"done {left / whole:.1%}", "head", share=f"{klass}|done"))
    if unknown:
        label = f"unknown to its client {unknown / whole:.1%}"
        parts.append(text(x + 32, top + 32, label, "tick", share=f"{klass}|unknown"))
    return parts


def _leaving(right: float, bottom: float, thick: float, step: float, down: float, klass: Class) -> Markup:
    """A ribbon from the lower edge of the band, thinning as it falls."""
    thin = max(1.0, min(thick, step * 0.4))
    left = right - thin - 4
    return path(
        f"M{right - step * 0.7:.1f} {bottom:.1f}"
        f"C{left:.1f} {bottom:.1f} {left:.1f} {bottom:.1f} {left:.1f} {down:.1f}"
        f"H{left + thin:.1f}C{left + thin:.1f} {bottom - thick:.1f} {right:.1f} {bottom - thick:.1f} "
        f"{right:.1f} {bottom - thick:.1f}V{bottom:.1f}Z",
        f"gone k-{klass}",
    )


def _endings(documents: Documents) -> Table:
    rows = [
        [
            name(row["class"]),
            name(row["stage"]),
            name("–" if row["answered"] is None else documents.code_name(row["answered"])),
            name(documents.code_name(row["seen"])),
            "yes" if row["executed"] else "no",
            documents.figure(COUNT, "report", "endings", place, "attempts"),
        ]
        for place, row in enumerate(documents.at("report", "endings"))
    ]
    head = (
        "class",
        "stage where it was answered",
        "the exchange answered",
        "its client saw",
        "the engine did it",
        "attempts",
    )
    return Table("where attempts ended, by class, stage and code", head, rows, frozenset((5,)))
