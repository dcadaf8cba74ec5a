"""Scenario files: what is shipped loads; what is wrong is said in one line."""

from __future__ import annotations

import pytest

from judging.counting.tally import tally
from judging.reading.ended import Sources
from loadgen.drive.simulation import simulate_records
from loadgen.scenarios import ScenarioError, bake_off_names, load_scenario, scenario_names
from loadgen.scenarios.scenario import parse_scenario
from loadgen.scenarios.terms import terms_of
from loadgen.traders.board import Board
from loadgen.traders.verbs import Intend, Now, Sleep
from mock_exchange.plan import Plan
from mock_exchange.randomness import stream

MIXED = load_scenario("mixed").source


def test_shipped_scenarios_load() -> None:
    assert scenario_names() == [
        "calm",
        "deep-gate",
        "gaming-batch",
        "gaming-flag",
        "gaming-lane",
        "incident-2025-10-11",
        "mixed",
        "node-loss",
        "practice",
        "recovery",
        "reduce-only-flood",
        "retry-storm",
        "six-bots",
        "slow-engine",
        "ten-times-step",
        "twice-the-peak",
    ]
    assert set(scenario_names()) - set(bake_off_names()) == {"incident-2025-10-11", "practice", "six-bots"}
    for name in scenario_names():
        scenario = load_scenario(name)
        assert scenario.name == name
        plan = scenario.plan("exempt", 1, simulated=True)
        assert Plan.from_dict(plan.to_dict()) == plan


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("duration_s = 30", "duration_s = ", "not valid TOML"),
        ("fireexit.scenario/1", "fireexit.scenario/9", "schema must be"),
        ("duration_s = 30", "duration_s = -1", "duration_s must be"),
        ("duration_s = 30", "length_s = 30", "unknown key 'length_s'"),
        ("slots = 20", "slots = 0", r"venue.slots must be from 1 to 1e\+06, not 0"),
        ("slots = 20", "slot = 20", r"\[venue\]: unknown key 'slot'"),
        ('law = "exponential", mean_ms = 5', 'law = "gamma", mean_ms = 5', "law must be"),
        ("deadline_ms = 1000", 'epoch = "1999"', "epoch must be one of"),
        ('mark = "113000.00"', 'mark = "cheap"', r"\[\[books\]\] number 1: not a plain decimal"),
        ('kind = "makers"', 'kind = "whales"', r"\[\[traders\]\] number 3: unknown kind 'whales'"),
        ("[policies.reserved]\nslots = 8", "", None),
        ('handling = { law = "exponential", mean_ms = 2 }', "handling = 5", r"\[venue\]"),
        ("deadline_ms = 1000", "deadline_ms = inf", "venue.deadline_ms must be from 0"),
        ("rate = 220\n", "", r"\[\[traders\]\] number 1: rate is missing"),
        ("accounts = 18", "accounts = 2", "too near the order limit"),
        ("accounts = 18", "accounts = 18\nretries_ms = 200", "retries_ms must be a list"),
        ("accounts = 18", "accounts = 18\nsteps = [{ at_s = 1 }]", "a step has at_s and factor, not at_s"),
        ("accounts = 18", "accounts = 18\nsteps = [{ at_s = 1, factor = 0 }]", "factor must be a positive"),
        ("duration_s = 30", "duration_s = 30\nrecovers_at_s = 31", "recovers_at_s must be from 0"),
        ("[policies.reserved]", "[[phases]]\nat_s = 1\n[policies.reserved]", "name must be a text"),
        (
            "[policies.reserved]",
            '[[phases]]\nat_s = 1\nname = "x"\nnodes = 2\n[policies.reserved]',
            r"\[\[phases\]\] number 1: unknown key 'nodes'",
        ),
        ("slots = 20", 'slots = 20\nreplica = "dead"', "replica must be one of live, unavailable"),
        ("slots = 20", "slots = 20\nlost_nodes = [0]", "lost_nodes must leave a node"),
        ("slots = 20", "slots = 20\nlying_share = 2", "venue.lying_share must be from 0 to 1, not 2"),
        (
            "slots = 20",
            'slots = 20\ncollateral = { law = "constant", mean_ms = 5 }',
            "collateral needs collateral_timeout_ms",
        ),
        ('target = "3000000"', 'target = "9000000"', "no more than position"),
        ('target = "5860.8"', 'target = "5860.88"', "5860.88"),
        ('symbol = "SOLUSDT"\nposition', 'symbol = "ADAUSDT"\nposition', "no .*books"),
    ],
)
def test_each_mistake_is_named(old: str, new: str, words: str | None) -> None:
    assert old in MIXED
    if words is None:
        assert parse_scenario(MIXED.replace(old, new, 1), "test.toml").policy_parameters == {}
        return
    with pytest.raises(ScenarioError, match=words) as caught:
        parse_scenario(MIXED.replace(old, new, 1), "test.toml")
    assert "\n" not in str(caught.value)
    assert "test.toml" in str(caught.value)


def test_unknown_names_and_files() -> None:
    with pytest.raises(ScenarioError, match="known: calm, deep-gate, gaming-batch"):
        load_scenario("nope")
    with pytest.raises(ScenarioError, match="No such file"):
        load_scenario("nope.toml")


def test_a_trader_draws_the_same_whatever_others_do() -> None:
    members = load_scenario("mixed").population.members()
    flood = members[0]

    def first_gap(seed: int) -> int:
        trader = flood.start(seed, Board())
        assert isinstance(next(trader), Now)
        gap = trader.send(0)
        assert isinstance(gap, Sleep)
        return gap.duration_ns

    assert first_gap(3) == first_gap(3) != first_gap(4)
    assert stream(1, "a", "b").random() == stream(1, "a", "b").random() != stream(1, "ab").random()


def test_the_incidents_bot_splits_its_target_exactly() -> None:
    bots = [m for m in load_scenario("mixed").population.members() if m.label.startswith("risk-bot")]
    trader = bots[0].start(1, Board())
    assert isinstance(next(trader), Sleep)
    intent = trader.send(None)
    assert isinstance(intent, Intend)
    assert (intent.symbol, intent.quantity) == ("DOGEUSDT", "250000")


def test_an_exit_shut_at_the_front_end_counts_as_shut() -> None:
    text = MIXED.replace(
        "[policies.reserved]",
        '[[phases]]\nat_s = 1\nname = "down"\nfront_end = "refusing"\n'
        '[[phases]]\nat_s = 3\nname = "up"\n[policies.reserved]',
        1,
    )
    scenario = parse_scenario(text, "test.toml")
    records = simulate_records(scenario, "exempt", 7, 4.0)
    sources = Sources(records.journal.rows, [("", records.attempts.rows)], [("", records.intents.rows)])
    (sample,) = tally(sources, terms_of(scenario, 4.0)).samples
    refused, of = sample.against("exiting")
    assert 0.3 < refused / of < 0.7
    assert sample.unmatched == 0
