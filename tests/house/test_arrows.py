"""Arrows between houses and rooms point one way, at runtime and for types; docs/architecture.md draws
them."""

from __future__ import annotations

import pytest

from tests.house.arrows import (
    BEGIN,
    END,
    FLOORS,
    HOUSES,
    PAGE,
    arrows,
    between,
    circle,
    house_of,
    modules,
    picture,
    room_of,
)

MAY_IMPORT = {
    "run_records": set(),
    "mock_exchange": {"run_records"},
    "judging": {"run_records"},
    "loadgen": {"run_records", "mock_exchange", "judging"},
    "fireexit": {"run_records", "mock_exchange", "judging", "loadgen"},
}
JUDGES_WHILE_IT_RUNS = {"loadgen.live", "loadgen.webui"}


def test_houses_import_what_they_may() -> None:
    assert set(MAY_IMPORT) == set(HOUSES)
    for house, others in between(house_of).items():
        assert others <= MAY_IMPORT[house], house


def test_of_judging_the_load_side_knows_only_what_shows_a_verdict() -> None:
    knows = {
        room for room, others in between(room_of).items() if any(house_of(o) == "judging" for o in others)
    }
    assert {room for room in knows if house_of(room) == "loadgen"} == JUDGES_WHILE_IT_RUNS


@pytest.mark.parametrize("house", FLOORS)
def test_every_room_has_its_floor(house: str) -> None:
    rooms = {room_of(name).partition(".")[2] for name in modules() if house_of(name) == house} - {""}
    assert rooms == set(FLOORS[house])


@pytest.mark.parametrize("house", FLOORS)
def test_no_arrow_points_up(house: str) -> None:
    floor = {f"{house}.{room}": height for height, room in enumerate(FLOORS[house])}
    for name, others in arrows().items():
        for other in others:
            if house_of(name) == house_of(other) == house and room_of(name) in floor:
                here, there = floor[room_of(name)], floor.get(room_of(other), -1)
                assert there <= here, f"{name} imports {other}"


@pytest.mark.parametrize("house", FLOORS)
def test_no_circles(house: str) -> None:
    inside = {
        name: {other for other in others if house_of(other) == house}
        for name, others in arrows().items()
        if house_of(name) == house
    }
    assert not circle(inside)
    assert not circle(between(room_of, inside))


def test_no_module_of_the_exchange_is_in_a_circle() -> None:
    """For types, too: Order, Leg and Account stand in one file because they know each other."""
    inside = {name: others for name, others in arrows().items() if house_of(name) == "mock_exchange"}
    assert not circle(inside)


def test_a_policy_knows_messages_and_words_only() -> None:
    policies = "mock_exchange.gateway.policies"
    for name, others in arrows().items():
        if name.startswith(f"{policies}."):
            beyond = {o for o in others if not o.startswith((policies, "run_records"))}
            assert beyond <= {"mock_exchange.errors"}, name


def test_a_circle_would_be_found() -> None:
    assert circle({"a": {"b"}, "b": {"c"}, "c": {"b"}}) == ["b", "c", "b"]
    assert not circle({"a": {"b", "c"}, "b": {"c"}, "c": set()})


def test_the_page_shows_the_arrows_as_they_are() -> None:
    drawn = PAGE.read_text(encoding="utf-8").partition(BEGIN)[2].partition(END)[0].strip()
    assert drawn == picture(), "draw them again: python -m tests.house.arrows"
