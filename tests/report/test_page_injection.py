"""Other people's run directories are data: no text and no key of a document becomes a part of the page."""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator
from random import Random
from typing import Any

import pytest

from fireexit.errors import MALFORMED
from fireexit.main_path import check
from fireexit.options import CheckOptions
from judging.evidence.recompute import report_of, verdict_of
from judging.report.page.page import page

EVIL = "\"'><h1 onclick=x>evil</h1><script>x</script><meta http-equiv=refresh content=0>"
TRIED = 160
Place = tuple[Any, ...]


@pytest.fixture(scope="module")
def documents(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, Any], dict[str, Any]]:
    folder = tmp_path_factory.mktemp("run") / "run"
    check(
        CheckOptions(mode="sim", policy="undifferentiated", seed=3, duration_s=4, replications=2, out=folder)
    )
    return verdict_of(folder), report_of(folder)


def texts(value: Any, place: Place = ()) -> Iterator[Place]:
    """Every text, and every key (marked by None at the end)."""
    if isinstance(value, str):
        yield place
    elif isinstance(value, dict):
        for key, item in value.items():
            yield (*place, key, None)
            yield from texts(item, (*place, key))
    elif isinstance(value, list):
        for number, item in enumerate(value):
            yield from texts(item, (*place, number))


def spoilt(document: Any, place: Place) -> Any:
    changed = copy.deepcopy(document)
    *way, last = place[:-1] if place[-1] is None else place
    parent = changed
    for step in way:
        parent = parent[step]
    if place[-1] is None:
        parent[last + EVIL] = parent.pop(last)
    else:
        parent[last] = parent[last] + EVIL
    return changed


@pytest.mark.parametrize("which", [0, 1], ids=["verdict", "report"])
def test_nothing_gets_out_of_its_place(documents: tuple[dict[str, Any], dict[str, Any]], which: int) -> None:
    honest = page(*documents).decode()
    tags = len(re.findall(r"<(h1|script|meta)\b", honest))
    places = sorted(texts(documents[which]), key=repr)
    shown = 0
    for place in Random(5).sample(places, min(TRIED, len(places))):
        verdict, report = documents
        if which:
            report = spoilt(report, place)
        else:
            verdict = spoilt(verdict, place)
        try:
            html = page(verdict, report).decode()
        except MALFORMED:
            continue  # refused in a line by the commands
        assert "<h1 onclick" not in html, place
        assert len(re.findall(r"<(h1|script|meta)\b", html)) == tags, place
        shown += "&lt;h1 onclick=x&gt;" in html
    assert shown > 5, "texts do reach the page: there was something to escape"


def test_the_page_lets_nothing_in_or_out(documents: tuple[dict[str, Any], dict[str, Any]]) -> None:
    html = page(*documents).decode()
    policy = re.search(r'http-equiv="Content-Security-Policy" content="([^"]+)"', html)
    assert policy
    for part in ("default-src &#39;none&#39;", "base-uri &#39;none&#39;", "form-action &#39;none&#39;"):
        assert part in policy[1]
    assert html.index("Content-Security-Policy") < html.index("<style"), "it holds for all that follows"
