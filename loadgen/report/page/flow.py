"""The funnel as a flow: of all attempts of a class, what each stage ended, and what is left."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from loadgen.report.page.markup import COUNT, Documents, details, name, picture, table
from loadgen.report.page.plot import WIDTH, svg, text
from loadgen.report.reenactment import code_name
from loadgen.verdict.breakdown import NEVER_ARRIVED
from mock_exchange.gateway.attempt import CANCEL, OPENING, REDUCING
from mock_exchange.gateway.outcomes import ENGINE_STAGES

_IN_ORDER = (
    NEVER_ARRIVED, "edge", "ip-weight", "authentication", "parameters", "order-limit", "admission", "replica",
    "collateral", "engine-queue",
)  # fmt: skip
_REFUSING = ("risk", "match")
_TITLES = {REDUCING: "claim to reduce", OPENING: "open", CANCEL: "cancel"}
_LEFT, _BAND, _BELOW = 130, 70, 74


def flow(documents: Documents, whose: str) -> str:
    """A band for each class, in a scale of its own, and every ending in figures."""
    endings = documents.at("report", "endings")
    if documents.at("report", "first", "reconciliation") is None:
        return "<p>Without the exchange’s journal nobody can say at which stage an attempt ended.</p>"
    stages = _stages(endings)
    parts: list[str] = []
    top = 24.0
    for klass in (REDUCING, OPENING, CANCEL):
        mine = [row for row in endings if row["class"] == klass]
        if mine:
            parts += _band(klass, mine, stages, top)
            top += _BAND + _BELOW
    if not parts:
        return ""
    title = "Where each attempt ended"
    told = (
        f"From left to right the stages of the exchange ({whose}, by the exchange's journal). Each class is "
        "drawn in a scale of its own: its whole band is all of its attempts. What ended for good at a stage "
        "leaves downwards; what is left at the right was done by the engine, in the darker part without its "
        "client learning of it: answered too late, or not at all."
    )
    return picture(
        title, svg(top, title, parts), told, details("Every ending in figures", _endings(documents))
    )


def _stages(endings: list[dict[str, Any]]) -> list[str]:
    """Those at which anything ended, in the order of a request's way."""
    seen = {row["stage"] for row in endings}
    known = [stage for stage in _IN_ORDER if stage in seen]
    others = sorted(seen - set(_IN_ORDER) - ENGINE_STAGES)
    return [*known, *others, *(stage for stage in _REFUSING if stage in seen)]


def _band(klass: str, endings: list[dict[str, Any]], stages: Sequence[str], top: float) -> list[str]:
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
        parts.append(_block(x, top, step + 0.5, height, klass))
        gone = ended[stage]
        if gone:
            parts.append(_leaving(x + step, top + height, _BAND * gone / whole, step, bottom + 14, klass))
            down = bottom + 30 + 26 * (place % 2)
            label = f"{stage} {gone / whole:.1%}"
            parts.append(text(x + step - 4, down, label, "tick", "middle", f"{klass}|{stage}"))
        left -= gone
    parts += _arrived(klass, endings, left, whole, top, _LEFT + len(stages) * step)
    return parts


def _arrived(
    klass: str, endings: list[dict[str, Any]], left: int, whole: int, top: float, x: float
) -> list[str]:
    """What the engine did, and the part of it that its client does not know of."""
    unknown = sum(row["attempts"] for row in endings if row["executed"] and row["seen"])
    height, dark = _BAND * left / whole, _BAND * unknown / whole
    parts = [_block(x, top, 24, height, klass)]
    if dark:
        box = f'x="{x:.1f}" y="{top + height - dark:.1f}" width="24" height="{dark:.1f}"'
        parts.append(f'<rect class="dark" {box}/>')
    parts.append(text(x + 32, top + 14, f"done {left / whole:.1%}", "head", share=f"{klass}|done"))
    if unknown:
        label = f"unknown to its client {unknown / whole:.1%}"
        parts.append(text(x + 32, top + 32, label, "tick", share=f"{klass}|unknown"))
    return parts


def _block(x: float, y: float, width: float, height: float, klass: str) -> str:
    return f'<rect class="fill k-{klass}" x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}"/>'


def _leaving(right: float, bottom: float, thick: float, step: float, down: float, klass: str) -> str:
    """A ribbon from the lower edge of the band, thinning as it falls."""
    thin = max(1.0, min(thick, step * 0.4))
    left = right - thin - 4
    return (
        f'<path class="gone k-{klass}" d="M{right - step * 0.7:.1f} {bottom:.1f}'
        f"C{left:.1f} {bottom:.1f} {left:.1f} {bottom:.1f} {left:.1f} {down:.1f}"
        f"H{left + thin:.1f}C{left + thin:.1f} {bottom - thick:.1f} {right:.1f} {bottom - thick:.1f} "
        f'{right:.1f} {bottom - thick:.1f}V{bottom:.1f}Z"/>'
    )


def _endings(documents: Documents) -> str:
    rows = [
        [
            name(row["class"]), name(row["stage"]),
            name("–" if row["answered"] is None else code_name(row["answered"])),
            name(code_name(row["seen"])), "yes" if row["executed"] else "no",
            documents.figure(COUNT, "report", "endings", place, "attempts"),
        ]
        for place, row in enumerate(documents.at("report", "endings"))
    ]  # fmt: skip
    head = ("class", "stage where it was answered", "the exchange answered", "its client saw",
            "the engine did it", "attempts")  # fmt: skip
    return table(head, rows, "where attempts ended, by class, stage and code", numbers=(5,))
