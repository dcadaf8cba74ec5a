"""Named assumptions and their uses, documents that extend others, times that are pressed together."""

from __future__ import annotations

from typing import Any

import pytest

from loadgen.scenarios import ScenarioError, load_scenario
from loadgen.scenarios.scenario import parse_scenario
from run_records.units import NS_PER_S

INCIDENT = "incident-2025-10-11"
HEAD = """
schema = "fireexit.scenario/1"
name = "small"
summary = "small"
duration_s = 10
[parameters.many]
value = 40
source = "assumed"
[parameters.half]
value = 0.5
source = "somewhere"
[venue]
slots = "round($many * $half * 1.02)"
deadline_ms = "$many / $half"
"""
BARE = HEAD.split("[parameters.many]", maxsplit=1)[0]


REPORTED_NOTHING = """
[reported]
traders = ""
from_s = 0
to_s = 1
refused_share = 1
provider_share = 1
codes_in_order = [[]]
"""


def test_products_and_quotients_are_worked_out() -> None:
    scenario = parse_scenario(HEAD, "here")
    assert scenario.gateway.slots == 20
    assert scenario.gateway.deadline_ns == 80_000_000
    assert scenario.parameters["many"].assumed
    assert not scenario.parameters["half"].assumed


def test_settings_take_the_place_of_values() -> None:
    assert parse_scenario(HEAD, "here", settings={"many": "100"}).gateway.slots == 51


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('"$many / $half"', '"$much"', "no parameter is called 'much'"),
        ('"$many / $half"', '"$many + 1"', "no product"),
        ('"$many / $half"', '"$many / 0"', "division by zero"),
        ('source = "assumed"\n', "", "has value, source"),
        ("value = 40", "value = 40\nunit = 'x'", "has value, source"),
    ],
)
def test_mistakes_are_named(old: str, new: str, words: str) -> None:
    with pytest.raises(ScenarioError, match=words):
        parse_scenario(HEAD.replace(old, new), "here")


@pytest.mark.parametrize(
    ("settings", "words"),
    [({"nothing": "1"}, "no parameter is called 'nothing'"), ({"many": "much"}, "parameter many is like 40")],
)
def test_wrong_settings_are_named(settings: dict[str, str], words: str) -> None:
    with pytest.raises(ScenarioError, match=words):
        parse_scenario(HEAD, "here", settings=settings)


def test_every_number_of_the_incident_that_is_assumed_says_so() -> None:
    for parameter in load_scenario(INCIDENT).parameters.values():
        assert parameter.source
        assert parameter.why


def test_prices_run_through_their_points() -> None:
    paths = {path.symbol.name: path for path in load_scenario(INCIDENT).prices}
    assert len(paths) == 5
    assert paths["DOGEUSDT"].smooth(240 * NS_PER_S) == pytest.approx(192_450)
    deeper = {p.symbol.name: p for p in load_scenario(INCIDENT, settings={"depth": "2"}).prices}
    assert deeper["BTCUSDT"].smooth(510 * NS_PER_S) == pytest.approx(11_300_000 * (102 / 113) ** 2, rel=1e-6)


def test_what_extends_another_adds_to_it_and_leaves_out_what_it_goes_without() -> None:
    base, practice = load_scenario(INCIDENT), load_scenario("practice")
    assert practice.gateway == base.gateway
    assert practice.duration_s == pytest.approx(240, rel=1e-3)
    names = [member.label for member in practice.population.members()]
    assert not [name for name in names if name.startswith("exit-bots")]
    assert sum(name.startswith("visitors") for name in names) == 4
    watch: Any
    (watch,) = [member.group for member in practice.population.members() if member.group.everywhere]
    assert watch.minute_s == pytest.approx(60 * 0.0363636)


def test_times_are_pressed_together_but_not_patience() -> None:
    pressed = load_scenario(INCIDENT, 0.1)
    base = load_scenario(INCIDENT)
    assert [p.at_ns * 10 for p in pressed.phases] == [round(p.at_ns) for p in base.phases]
    assert pressed.gateway.deadline_ns == base.gateway.deadline_ns
    assert pressed.reported is not None
    assert pressed.reported.to_ns == 660 * NS_PER_S


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('extends = "nowhere"', "extends 'nowhere'"),
        ('[[prices]]\nsymbol = "BTCUSDT"\npath = []', "need points"),
        ('[[prices]]\nsymbol = "BTCUSDT"\npath = [{ at_s = 0, price = "1" }]', "a point of a path has"),
        ('[[prices]]\nsymbol = "NOPE"\npath = []', "unknown symbol"),
        ('[reported]\ntraders = "x"', r"\[reported\]: has"),
    ],
)
def test_mistakes_of_the_new_tables_are_named(text: str, words: str) -> None:
    with pytest.raises(ScenarioError, match=words):
        parse_scenario(BARE + text, "here")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('time_scale = "0.5"', "cannot be joined"),
        ("without = 3", "cannot be joined"),
        ("parameters = [1]", "cannot be joined"),
        ('[[prices]]\nsymbol = "DOGEUSDT"\npath = [{ at_s = 0, price = "0", source = "" }]', "price"),
        (REPORTED_NOTHING, "codes_in_order"),
    ],
)
def test_what_cannot_be_joined_with_the_incident_is_named(text: str, words: str) -> None:
    with pytest.raises(ScenarioError, match=words):
        parse_scenario(f'{BARE}extends = "{INCIDENT}"\n{text}', "here")


def test_prices_of_a_symbol_take_the_place_of_those_it_extends() -> None:
    doge = '\n[[prices]]\nsymbol = "DOGEUSDT"\npath = [{ at_s = 0, price = "0.2", source = "" }]'
    text = f'{BARE}extends = "{INCIDENT}"{doge}'
    prices = parse_scenario(text, "here").prices
    assert [path.symbol.name for path in prices].count("DOGEUSDT") == 1
    with pytest.raises(ScenarioError, match="more than one"):
        parse_scenario(text + doge, "here")


@pytest.mark.parametrize("value", ["nan", "inf", "-1"])
def test_a_gain_without_bounds_is_refused(value: str) -> None:
    with pytest.raises(ScenarioError, match="gain must be"):
        load_scenario(INCIDENT, settings={"gain": value})


def test_who_acts_on_prices_needs_somebody_who_looks_at_them() -> None:
    crowd = '[[traders]]\nkind = "crowd"\naccounts = 1\nusers = 1\ncalm_s = 1\n'
    with pytest.raises(ScenarioError, match=r"add .*market-watch"):
        parse_scenario(BARE + crowd, "here")
    assert parse_scenario(BARE + crowd + '[[traders]]\nkind = "market-watch"\n', "here")
