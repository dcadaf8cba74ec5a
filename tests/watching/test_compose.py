"""The compose file: valid, careful; its commands work together, as plain processes in their own network."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tests.watching.programs import ROOT, program

COMPOSE = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))
SERVICES = COMPOSE["services"]


def test_it_is_valid_by_the_compose_specification() -> None:
    arguments = ["-m", "check_jsonschema", "--builtin-schema", "vendor.compose-spec", "docker-compose.yml"]
    result = subprocess.run(
        [sys.executable, *arguments], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert result.returncode == 0, result.stdout


def test_nothing_is_published_beyond_loopback_and_nothing_runs_with_rights_it_does_not_need() -> None:
    assert set(SERVICES) == {"exchange", "locust", "worker", "prometheus", "grafana"}
    for name, service in SERVICES.items():
        for port in service.get("ports", []):
            assert port.startswith("127.0.0.1:"), f"{name}: {port}"
        assert service["read_only"], name
        assert service["cap_drop"] == ["ALL"], name
        assert service["security_opt"] == ["no-new-privileges:true"], name
        assert service["healthcheck"]["test"][0] == "CMD", name
        assert name == "exchange" or service["network_mode"] == "service:exchange"


def test_images_are_pinned_mounts_exist_and_volumes_are_declared() -> None:
    for name, service in SERVICES.items():
        image = service["image"]
        assert image.endswith(":local") or re.search(r":v?\d+\.\d+\.\d+$", image), f"{name}: {image}"
        for mount in service.get("volumes", []):
            source = mount.split(":")[0]
            assert (ROOT / source).exists() if source.startswith(".") else source in COMPOSE["volumes"], mount
            assert mount.endswith(":ro") or not source.startswith("."), mount
        for needed in service.get("depends_on", {}):
            assert needed in SERVICES
    targets = re.findall(r"^FROM \S+ AS (\S+)", (ROOT / "Dockerfile").read_text(), re.M)
    assert {SERVICES[name]["build"]["target"] for name in ("exchange", "locust")} <= set(targets)


def test_grafana_finds_its_boards_and_its_source() -> None:
    boards = yaml.safe_load((ROOT / "grafana/provisioning/dashboards/fireexit.yml").read_text())
    mounted = [mount.split(":")[1] for mount in SERVICES["grafana"]["volumes"]]
    assert boards["providers"][0]["options"]["path"] in mounted
    (source,) = yaml.safe_load((ROOT / "grafana/provisioning/datasources/prometheus.yml").read_text())[
        "datasources"
    ]
    assert source["url"] == "http://127.0.0.1:9090"
    assert SERVICES["grafana"]["environment"]["GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH"].endswith(
        "fireexit.json"
    )


@pytest.mark.realtime
@pytest.mark.watching
def test_the_stack_works_with_exactly_these_commands(tmp_path: Path) -> None:
    """Own network and mount namespaces: the commands' fixed ports and paths meet nobody else's."""
    program("prometheus")
    if os.geteuid() != 0:
        pytest.skip("namespaces need root")
    result = subprocess.run(
        ["unshare", "--net", "--mount", sys.executable, "-m", "tests.watching.stack", str(tmp_path)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert result.returncode == 0, result.stderr[-3000:]
    seen = json.loads(result.stdout.splitlines()[-1])
    assert seen["verdict"]["run"]["policy"] == "inverted"
    assert seen["verdict"]["result"] in ("broken", "inconclusive")
    assert len(seen["verdict"]["validity"]["drivers"]) == 2
    assert seen["targets"] == {"fireexit-exchange": "up", "fireexit-loader": "up"}
    assert seen["attempts"] == sum(
        seen["verdict"]["classes"][c]["attempts"] for c in ("opening", "reducing", "cancel")
    )
    assert seen["workers"] == 2
