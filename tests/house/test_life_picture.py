"""docs/architecture.md shows the life of an attempt as the table has it."""

from __future__ import annotations

from tests.house.life import drawn, picture


def test_the_page_shows_the_table_as_it_is() -> None:
    assert drawn() == picture(), "draw it again: python -m tests.house.life"
