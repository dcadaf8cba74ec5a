"""Pictures drawn from a report written by hand, line by line.

The drawings are in `expected/`. They were looked at before they were kept; whoever changes one looks again.
`python -m tests.report.test_drawings` draws them anew.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from judging.report.heat_map import to_svg
from judging.report.incident_pictures import Axis, curves, strip
from judging.report.page import over_time, single
from judging.report.page.figures import Documents
from judging.report.page.flow import flow
from judging.report.page.pictures import Picture
from tests.report.handmade import bake_off, compared, document, report

EXPECTED = Path(__file__).parent / "expected"
SVG = "{http://www.w3.org/2000/svg}"


def drawings() -> dict[str, str]:
    """By the name of the file that holds it."""
    told = Documents(report=report(), verdict=document(), compared=compared_with_counts())
    axis = Axis(0.0, 3600.0, 5 * 3600 + 12 * 60)
    rows = [("bot-1", [(60.0, "-1008"), (1800.0, "-2022")]), ("bot-2", [(3500.0, "0")])]
    codes = {
        "0": ("accepted", "accepted"),
        "-1008": ("-1008", "capacity-refused"),
        "-2022": ("-2022", "state-refused"),
    }
    falling = [(0.0, 1.0), (1800.0, 0.25), (3600.0, 1.5)]
    panels = [
        ("share accepted", [("opening orders", "k-opening", falling)], (0.0, 1.0)),
        ("orders/s", [("offered", "k-offered", [(0.0, 100.0), (3600.0, 2000.0)])], (0.0, 2000.0)),
    ]
    pictures: dict[str, Any] = {
        "acceptance.svg": over_time.acceptance(told, "all runs"),
        "code-mix.svg": over_time.code_mix(told, "all runs"),
        "strip.svg": single.strip(told),
        "latency.svg": single.latency(told, "all runs"),
        "policies.svg": single.policies(told, ["seed differs"]),
        "flow.svg": flow(told, "all runs"),
    }
    drawn = {name: _drawing(picture) for name, picture in pictures.items()}
    return {
        **drawn,
        "heat-map.svg": to_svg(bake_off()),
        "incident-strip.svg": strip(axis, rows, codes, "What the bots met"),
        "incident-curves.svg": curves(axis, panels, "What was accepted"),
    }


def compared_with_counts() -> list[dict[str, Any]]:
    rows = compared()
    for row in rows:
        for klass in ("opening", "reducing"):
            row[klass] |= {"accepted": 4, "attempts": 10}
    return rows


def _drawing(picture: Picture | None) -> str:
    """The drawing, the caption and the same in figures: an element a line."""
    assert picture is not None
    rows = (
        [] if picture.figures is None else [picture.figures.caption, *map(" | ".join, picture.figures.rows)]
    )
    series = picture.series
    if series is not None:
        rows += [f"{label}: {place}" for label, place in series.columns]
        rows += [" | ".join((step, *cells)) for step, cells in zip(series.steps, series.cells, strict=True)]
    told = [picture.title, str(picture.told), *picture.beware]
    return "\n".join([*told, str(picture.drawing).replace("><", ">\n<"), *rows]) + "\n"


@pytest.mark.parametrize("name", sorted(drawings()))
def test_line_by_line(name: str) -> None:
    assert drawings()[name].rstrip() == (EXPECTED / name).read_text(encoding="utf-8").rstrip()


@pytest.mark.parametrize("name", ["heat-map.svg", "incident-strip.svg", "incident-curves.svg"])
def test_everything_is_on_the_sheet(name: str) -> None:
    root = ElementTree.fromstring(drawings()[name])
    _, _, width, height = map(float, root.attrib["viewBox"].split())
    for node in root.iter(f"{SVG}text"):
        if "transform" not in node.attrib:
            assert 0 <= float(node.attrib["x"]) <= width, node.text
            assert 0 < float(node.attrib["y"]) < height, node.text
    for node in root.iter(f"{SVG}rect"):
        if "width" in node.attrib and node.attrib["width"] != "100%":
            assert 0 <= float(node.attrib.get("x", 0)) <= width - float(node.attrib["width"])
            assert 0 <= float(node.attrib.get("y", 0)) <= height - float(node.attrib["height"])


if __name__ == "__main__":
    for file, content in drawings().items():
        (EXPECTED / file).write_text(content, encoding="utf-8")
