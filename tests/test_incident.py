"""The re-enactment: what its pages claim, run again; the pages say what the committed figures say."""

from __future__ import annotations

import json
from functools import partial
from itertools import combinations
from pathlib import Path

import pytest

from fireexit.parallel import Workers
from fireexit.prepare import prepare_run
from judging.scoring.card import cards_of
from judging.scoring.summary import by_behaviour, separated
from loadgen.drive.simulation import simulate_run
from loadgen.scenarios import load_scenario
from loadgen.scenarios.goals import goals_of
from studies.picture import Trial, picture_of, reenactment_of
from tools.pages.incident import BASELINE, SCENARIO, SEEDS
from tools.pages.incident_pages import sensitivity_page, story_page

DOCS = Path(__file__).parents[1] / "docs"
DATA = json.loads((DOCS / "incident.json").read_text(encoding="utf-8"))


@pytest.mark.large
@pytest.mark.lengthy
def test_one_run_shows_what_was_reported() -> None:
    """Ten minutes of it, in full size."""
    told = reenactment_of(Trial(SCENARIO, {}, BASELINE, 1, 600.0))
    assert told.shows_the_picture
    assert told.refused_share is not None
    assert told.refused_share >= 0.95
    assert len(list(told.rates.rows(()))) > 40


@pytest.mark.large
@pytest.mark.lengthy
def test_a_crowd_that_does_not_mind_prices_overloads_nobody() -> None:
    """Nothing happens because the clock says so: without the reaction to prices there is neither -1008 nor
    503."""
    quiet = Trial(SCENARIO, {"gain": 0.0}, BASELINE, 1, 600.0)
    told = reenactment_of(quiet)
    assert not {-1008, -503} & set(told.first_seen)
    flat = Trial(SCENARIO, {"depth": 0.0, "scale": 0.25}, BASELINE, 1, 600.0)
    assert picture_of(flat).attempts == 0  # prices that do not fall alarm no bot


@pytest.mark.large
@pytest.mark.lengthy
def test_at_least_eighteen_of_twenty_seeds_show_it() -> None:
    trials = [Trial(SCENARIO, {}, BASELINE, seed, 700.0) for seed in SEEDS]
    with Workers() as each:
        pictures = each(picture_of, trials)
    assert sum(picture.shows for picture in pictures) >= 18


@pytest.mark.large
@pytest.mark.lengthy
def test_the_scorecard_tells_behaviours_apart(tmp_path: Path) -> None:
    """Each pair has a measure on which the intervals do not overlap, with another seed than the page's."""
    spec = prepare_run("six-bots", BASELINE, "strict", "sim", 1)
    with Workers() as each:
        simulate_run(spec, tmp_path, each.write, lambda share: None)
        card = partial(cards_of, terms=spec.terms(), goals=goals_of(spec.scenario))
        table = by_behaviour(each(card, sorted(tmp_path.glob("replication-*"))))
    assert len(table) == 6
    for first, second in combinations(table, 2):
        assert separated(table, first, second), f"{first} and {second}"


def test_the_pages_are_made_of_the_committed_figures() -> None:
    assert (DOCS / "incident.md").read_text(encoding="utf-8") == story_page(DATA)
    parameters = load_scenario(SCENARIO).parameters
    page = (DOCS / "incident-sensitivity.md").read_text(encoding="utf-8")
    assert page == sensitivity_page(DATA, parameters)
    assert all(f"`{name}`" in page for name in parameters)


def test_the_committed_figures_are_of_twenty_seeds_and_show_it() -> None:
    seeds = DATA["seeds"]
    assert seeds["runs"] == 20
    assert seeds["show_the_picture"] >= 18
