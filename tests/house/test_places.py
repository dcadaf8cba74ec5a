"""What the pages say about the code is where they say it is."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.house.places import LINK, PAGES, refreshed


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_place_is_where_the_page_says(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    assert len(LINK.findall(text)) >= 10
    assert refreshed(page) == text, "python -m tests.house.places sets the lines anew"


def test_a_place_that_is_gone_is_found(tmp_path: Path) -> None:
    (tmp_path / "code.py").write_text("def here():\n    pass\n")
    page = tmp_path / "page.md"
    page.write_text("[`here`](code.py#L9)")
    assert refreshed(page) == "[`here`](code.py#L1)"
    page.write_text("[`gone`](code.py#L1)")
    with pytest.raises(KeyError, match="gone"):
        refreshed(page)
