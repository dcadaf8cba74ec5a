"""What the bake-off must show, on half-length scenarios with five replications, and its pages."""

from __future__ import annotations

import json
import re
from pathlib import Path
from xml.etree import ElementTree

import pytest

from fireexit import check
from fireexit.bake_off import QUICK_RAREST, QUICK_REPLICATIONS, run_bake_off
from judging.comparison import BakeOff
from judging.report.bakeoff import to_markdown
from judging.report.heat_map import to_svg
from judging.verdict.words import BROKEN
from loadgen.scenarios import bake_off_names
from mock_exchange.gateway.policies import NAMES
from tests.cli.support import fireexit
from tools.pages import bakeoff as page

POLICIES = [
    "none",
    "undifferentiated",
    "exempt",
    "verified-exempt",
    "reserved",
    "strict-priority",
    "budgeted-lane",
    "inverted",
    "privileged",
]
SCENARIOS = ["gaming-flag", "gaming-lane", "deep-gate", "reduce-only-flood"]
AT_THE_GATE = ["none", "undifferentiated", "exempt", "verified-exempt", "reserved", "inverted", "privileged"]
CAPPED = ["undifferentiated", "reserved", "strict-priority", "budgeted-lane", "inverted"]
UNCAPPED = ["none", "exempt", "verified-exempt"]


@pytest.fixture(scope="module")
def bake_off() -> BakeOff:
    return run_bake_off(POLICIES, SCENARIOS, "strict", 7, QUICK_REPLICATIONS, 0.5, rarest=QUICK_RAREST)


def broken(bake_off: BakeOff, policy: str, scenario: str) -> set[str]:
    return set(bake_off.cells[policy, scenario].broken)


@pytest.mark.large
@pytest.mark.lengthy
def test_flags_break_the_exemption_and_not_the_verified_one(bake_off: BakeOff) -> None:
    assert "no-leak" in broken(bake_off, "exempt", "gaming-flag")
    assert broken(bake_off, "verified-exempt", "gaming-flag") == set()


@pytest.mark.large
@pytest.mark.lengthy
def test_placing_and_cancelling_breaks_both_exemptions_and_not_the_budgeted_lane(bake_off: BakeOff) -> None:
    for policy in ("exempt", "verified-exempt"):
        assert {"reducing-accepted", "served-in-time"} <= broken(bake_off, policy, "gaming-lane")
    assert broken(bake_off, "budgeted-lane", "gaming-lane") == set()


@pytest.mark.large
@pytest.mark.lengthy
@pytest.mark.parametrize("policy", AT_THE_GATE)
def test_a_deep_gate_breaks_every_policy_that_ends_at_the_gate(bake_off: BakeOff, policy: str) -> None:
    assert {"reducing-accepted", "served-in-time"} & broken(bake_off, policy, "deep-gate")


@pytest.mark.large
@pytest.mark.lengthy
def test_yardsticks_break_clauses_by_name(bake_off: BakeOff) -> None:
    for scenario in SCENARIOS:
        assert {"reducing-accepted", "reducing-favoured"} <= broken(bake_off, "inverted", scenario)


@pytest.mark.large
@pytest.mark.lengthy
def test_favoured_accounts_are_found_within_runs() -> None:
    """Of whole length: an account has to try ten times in half of a run."""
    found = run_bake_off(
        ["privileged"], ["gaming-lane"], "strict", 7, QUICK_REPLICATIONS, rarest=QUICK_RAREST
    )
    assert "parity" in broken(found, "privileged", "gaming-lane")


@pytest.mark.large
@pytest.mark.lengthy
@pytest.mark.parametrize("policy", POLICIES)
def test_an_exit_busier_than_the_venue_can_hold_under_no_policy(bake_off: BakeOff, policy: str) -> None:
    cell = bake_off.cells[policy, "reduce-only-flood"]
    assert cell.result == BROKEN
    goodput = cell.document["figures"]["goodput"]
    if policy in CAPPED:
        assert goodput > 0.95
        assert not {"goodput", "hard-cap"} & set(cell.broken)
    if policy in UNCAPPED:
        assert goodput < 0.5
        assert {"goodput", "hard-cap"} <= set(cell.broken)


def test_a_mixed_batch_taken_as_a_whole_is_found(tmp_path: Path) -> None:
    """Planted defect: a batch gets in if its first leg would."""
    code = """
from fireexit.policy import ADMIT, SHED


class Whole:
    def admit(self, request, node):
        if request.leg == 0:
            wants_out = request.klass != "opening"
            self._decision = ADMIT if wants_out or node.in_flight < node.slots else SHED
        return self._decision
"""
    path = tmp_path / "whole.py"
    path.write_text(code)
    found = run_bake_off(
        [str(path), "exempt"], ["gaming-batch"], "strict", 7, QUICK_REPLICATIONS, 0.5, rarest=QUICK_RAREST
    )
    assert "no-leak" in broken(found, str(path), "gaming-batch")
    assert broken(found, "exempt", "gaming-batch") == set()


@pytest.mark.large
@pytest.mark.lengthy
def test_every_queue_of_every_run_kept_littles_law(bake_off: BakeOff) -> None:
    for cell in bake_off.cells.values():
        assert cell.document["littles_law"]["violations"] == []
        assert cell.document["littles_law"]["queues"] >= 3 * QUICK_REPLICATIONS


@pytest.mark.large
@pytest.mark.lengthy
def test_all_policies_met_the_same_traffic(bake_off: BakeOff) -> None:
    """Floods and reducers do not look at answers: they attempt the same under every policy."""
    for scenario in ("gaming-flag", "deep-gate"):
        openings = {
            p: bake_off.cells[p, scenario].document["classes"]["feigned"]["attempts"] for p in POLICIES
        }
        assert len(set(openings.values())) == 1


@pytest.mark.large
@pytest.mark.lengthy
def test_the_heat_map_is_a_picture_with_a_word_for_every_cell(bake_off: BakeOff) -> None:
    svg = ElementTree.fromstring(to_svg(bake_off))
    titles = [node.text or "" for node in svg.iter("{http://www.w3.org/2000/svg}title")]
    assert len(titles) == len(POLICIES) * len(SCENARIOS)
    assert any(title.startswith("exempt × gaming-flag: broken, breaks ") for title in titles)
    assert "http" not in to_svg(bake_off).replace("http://www.w3.org/2000/svg", "")


@pytest.mark.large
@pytest.mark.lengthy
def test_markdown_lists_every_cell(bake_off: BakeOff) -> None:
    text = to_markdown(bake_off)
    for scenario in SCENARIOS:
        (table,) = re.findall(rf"## {scenario}\n\n.*?\n\n(.*?)\n(?:\n|\Z)", text, re.S)
        assert [line.split(" | ")[0].strip("| ") for line in table.splitlines()[2:]] == bake_off.policies


def test_the_committed_pages_know_every_policy_and_scenario() -> None:
    text = page.PAGE.read_text(encoding="utf-8")
    assert text.startswith(page.HEAD), "regenerate with `make bakeoff`"
    ranking = re.findall(r"^\| ([\w-]+) \| \d+ \| \d+ \| \d+ \|", text, re.M)
    assert sorted(ranking) == sorted(NAMES)
    assert re.findall(r"^## (.*)$", text, re.M) == bake_off_names()
    choosing = (page.PAGE.parent / "choosing-a-policy.md").read_text(encoding="utf-8")
    for name in NAMES:
        assert f"`{name}`" in choosing


def test_compare_writes_json_markdown_and_picture(tmp_path: Path) -> None:
    result = fireexit(
        "compare",
        "--policies",
        "exempt,inverted",
        "--scenarios",
        "mixed,gaming-flag",
        "--quick",
        "--seed",
        "3",
        "--json",
        "--markdown",
        "m.md",
        "--svg",
        "m.svg",
        cwd=tmp_path,
    )
    assert result.returncode == 0
    document = json.loads(result.stdout)
    assert document["schema"] == "fireexit.bake-off/2"
    assert [row["policy"] for row in document["ranking"]] == ["exempt", "inverted"]
    assert len(document["cells"]) == 4
    assert (tmp_path / "m.md").read_text().startswith("Contract `strict`, seed 3, 5 replications")
    assert (tmp_path / "m.svg").read_text().startswith("<svg")


def test_a_file_is_what_is_compared_under_whatever_its_scenario_is_called(tmp_path: Path) -> None:
    """Not the shipped one of the same name."""
    path = tmp_path / "mine.toml"
    path.write_text('extends = "mixed"\nname = "mixed"\nduration_s = 3\n')
    found = run_bake_off(["exempt"], [str(path)], "strict", 7, 2)
    assert found.cells["exempt", str(path)].document["run"]["duration_s"] == 3
    alone = check(mode="sim", scenario=str(path), seed=7, replications=2, out=tmp_path / "run").document
    assert alone["classes"] == found.cells["exempt", str(path)].document["classes"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--policies", "exempt", "--scenarios", "nope"], "unknown scenario 'nope'"),
        (["--policies", "exempt", "--scenarios", ","], "no scenarios to compare under"),
        (["--policies", "exempt,exempt"], "exempt is named twice"),
        (["--policies", "exempt", "--replications", "1"], "replications must be from 2"),
        (
            ["--policies", "exempt", "--replications", "2", "--duration", "2", "--svg", "no/such/x.svg"],
            "cannot write no/such/x.svg",
        ),
    ],
)
def test_compare_says_what_is_wrong_in_one_line(arguments: list[str], words: str, tmp_path: Path) -> None:
    result = fireexit("compare", *arguments, cwd=tmp_path)
    assert result.returncode == 2
    assert words in result.stderr.splitlines()[-1]
