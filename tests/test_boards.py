"""Dashboards and rules as files: made by the generator, complete, each alert with a page that explains it."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
import yaml
from grafana_foundation_sdk.models.dashboard import Dashboard

from grafana.boards import BOARDS
from grafana.boards.__main__ import FOLDER, rendered
from grafana.boards.parts import Board

ROOT = Path(__file__).parents[1]
ALERTS = yaml.safe_load((ROOT / "grafana" / "prometheus" / "alerts.yml").read_text())["groups"][0]["rules"]
RULES = yaml.safe_load((ROOT / "grafana" / "prometheus" / "rules.yml").read_text())["groups"][0]["rules"]


def test_generating_again_changes_nothing() -> None:
    assert {path.name for path in FOLDER.glob("*.json")} == set(rendered())
    for name, text in rendered().items():
        assert (FOLDER / name).read_text(encoding="utf-8") == text, (
            f"python -m grafana.boards rewrites {name}"
        )


@pytest.mark.parametrize("board", BOARDS, ids=lambda board: board.uid)
def test_a_board_reads_back_and_explains_itself(board: Board) -> None:
    document = json.loads((FOLDER / f"{board.uid}.json").read_text(encoding="utf-8"))
    assert Dashboard.from_json(document).title == board.title
    panels = [panel for panel in document["panels"] if panel["type"] != "row"]
    assert len({panel["id"] for panel in panels}) == len(panels) == sum(len(p) for _, p in board.rows)
    for panel in panels:
        assert panel["description"], panel["title"]
        assert panel["datasource"]["uid"] == "${datasource}"
        assert all(target["expr"] for target in panel["targets"])
        place = panel["gridPos"]
        assert place["x"] + place["w"] <= 24
    assert len(document["annotations"]["list"]) == 2
    others = {link["url"] for link in document["links"] if link["url"].startswith("/d/")}
    assert others == {f"/d/{other.uid}" for other in BOARDS if other is not board}


def test_boards_use_only_rules_that_exist() -> None:
    recorded = {rule["record"] for rule in RULES}
    for board in BOARDS:
        for panel, query in board.queries():
            for name in re.findall(r"fireexit:[a-z_0-9:]+", query.expr):
                assert name in recorded, f"{panel.title}: {name}"


def test_every_alert_has_its_page_and_is_unit_tested() -> None:
    tested = (ROOT / "grafana" / "prometheus" / "rules_test.yml").read_text(encoding="utf-8")
    assert {alert["alert"] for alert in ALERTS} == {
        "ReduceOnlyPriorityInverted",
        "FireExitShut",
        "ReducingOrdersThrottled",
        "GeneratorMissingItsRate",
        "VantagesDisagree",
    }
    for alert in ALERTS:
        page = ROOT / alert["annotations"]["runbook"]
        assert page.read_text(encoding="utf-8").startswith(f"# {alert['alert']}\n")
        assert f"alertname: {alert['alert']}" in tested
