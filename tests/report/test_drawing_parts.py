"""What pictures are made of: places on a panel, ticks, labels, colours, elements."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from judging.drawing.colours import Colours, palette, series_class
from judging.drawing.plot import LEFT, Box, area, curve, legend, round_ticks, short, x_axis, y_axis
from judging.drawing.svg import box, element, hover, number, text
from tests.support import examples

PANEL = Box(10, 100, 5, 25, -1, 3, 40, 200)


def test_a_panel_maps_values_to_places() -> None:
    assert [PANEL.x(at) for at in (5, 15, 25)] == [40, 140, 240]
    assert [PANEL.y(value) for value in (3, 1, -1)] == [10, 60, 110]
    assert (PANEL.y(9), PANEL.y(-9)) == (10, 110), "what is beyond stays at the edge"
    assert (PANEL.bottom, PANEL.right) == (110, 240)
    nothing = Box(10, 100, 5, 5, 2, 2, 40, 200)
    assert (nothing.x(5), nothing.y(2)) == (40, 110)


def test_a_line_has_a_gap_where_a_value_is_missing() -> None:
    points = [(5.0, -1.0), (15.0, 1.0), (20.0, math.nan), (25.0, 3.0)]
    assert 'd="M40.0 110.0L140.0 60.0M240.0 10.0"' in curve(PANEL, points, "k")
    assert 'd="M40.0 110.0L40.0 110.0L240.0 10.0L240.0 110.0Z"' in area(PANEL, [points[0], points[3]], "k")
    assert area(PANEL, [], "k") == ""


def test_labels_stand_at_their_values() -> None:
    assert x_axis(PANEL, [(15, "middle")]) == text(140, 126, "middle", "tick", "middle")
    axis = y_axis(PANEL, [1], lambda value: f"{value} x")
    assert 'd="M40 60.0H240"' in axis
    assert text(32, 64, "1 x", "tick", "end") in axis


def test_a_legend_goes_on_behind_each_label() -> None:
    drawn = legend(50, [("a", "five!"), ("b", "x")])
    assert f'd="M{LEFT:.1f} 46.0h18"' in drawn
    assert text(LEFT + 24, 50, "five!", "tick") in drawn
    assert f'd="M{LEFT + 44 + 32:.1f} 46.0h18"' in drawn
    assert text(124, 50, "x", "tick") in legend(50, [("a", "x")], x=100)


@pytest.mark.parametrize(
    ("least", "most", "ticks"),
    [
        (0, 10, [0, 2.5, 5, 7.5, 10]),
        (0, 1, [0, 0.25, 0.5, 0.75, 1]),
        (0, 8, [0, 2, 4, 6, 8]),
        (3, 3, [3]),
        (5, 1, [5]),
        (-120, 260, [-100, 0, 100, 200]),
        (0, 36, [0, 10, 20, 30]),
        (0, 45, [0, 10, 20, 30, 40]),
        (0, 46, [0, 20, 40]),
    ],
)
def test_round_ticks(least: float, most: float, ticks: list[float]) -> None:
    assert round_ticks(least, most) == pytest.approx(ticks)


@examples(300)
@given(st.floats(-1e6, 1e6), st.floats(1e-3, 1e6), st.integers(2, 8))
def test_ticks_are_round_inside_and_about_as_many_as_wanted(least: float, span: float, wanted: int) -> None:
    most = least + span
    ticks = round_ticks(least, most, wanted)
    assert ticks
    step = ticks[1] - ticks[0] if len(ticks) > 1 else 0.0
    assert all(least - 1e-6 * span <= tick <= most + 1e-6 * span for tick in ticks)
    assert len(ticks) <= wanted + 1.5
    if step:
        digits = step / 10.0 ** math.floor(math.log10(step) + 1e-9)
        assert min(abs(digits - one) for one in (1, 2, 2.5, 5, 10)) < 1e-3
        assert span / step <= wanted + 0.5 + 1e-6


@pytest.mark.parametrize(
    ("value", "label"),
    [
        (0, "0"),
        (12, "12"),
        (999, "999"),
        (1000, "1 k"),
        (350_000, "350 k"),
        (1.2e6, "1.2 M"),
        (-2e6, "-2 M"),
        (1e9, "1 G"),
        (0.25, "0.25"),
    ],
)
def test_short_numbers(value: float, label: str) -> None:
    assert short(value) == label


def test_codes_of_one_meaning_are_shades_and_the_last_ones_share() -> None:
    colours = Colours(
        [("0", "accepted"), ("-1", "unknown"), ("-2", "unknown"), ("-3", "unknown"), ("-4", "unknown")]
    )
    classes = [colours.of(code) for code in ("0", "-1", "-2", "-3", "-4")]
    assert classes == ["m-accepted-0", "m-unknown-0", "m-unknown-1", "m-unknown-2", "m-unknown-2"]
    assert colours.of("never seen") == "m-other-0"
    assert [series_class(place) for place in (0, 7, 8)] == ["s0", "s7", "s0"]
    for klass in {*classes, "s7", "k-reducing"}:
        assert f".{klass} " in palette() or f"--{klass}:" in palette()


def test_elements_escape_what_is_in_them() -> None:
    assert str(hover("<a & b>")) == "<title>&lt;a &amp; b&gt;</title>"
    assert str(element("g", klass="x", data_key="y", empty="", none=None)) == '<g class="x" data-key="y"/>'
    assert str(element("g", "a<b", x=1.5)) == '<g x="1.5">a&lt;b</g>'
    assert [number(value) for value in (1.0, 1.26, 0.04, 100)] == ["1", "1.3", "0", "100"]
    assert str(box(1, 2, 3, 4, "k")) == '<rect class="k" x="1" y="2" width="3" height="4"/>'


def test_a_code_without_a_shade_takes_none_from_those_behind_it() -> None:
    colours = Colours([("7", "no meaning at all"), ("-1008", "capacity-refused"), ("-1008", "accepted")])
    assert colours.of("7") == "m-other-0"
    assert colours.of("-1008") == "m-capacity-refused-0"
