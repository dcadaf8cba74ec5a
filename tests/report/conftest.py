"""Runs whose reports are looked at."""

from __future__ import annotations

from pathlib import Path

import pytest

from fireexit.main_path import check
from fireexit.options import CheckOptions


def incident(folder: Path, duration_s: float, replications: int, scale: float = 1.0) -> Path:
    """The re-enacted incident; `scale` is the size of crowd and venue alike."""
    options = CheckOptions(
        scenario="incident-2025-10-11",
        policy="undifferentiated",
        mode="sim",
        contract="docs-2025-10-23",
        seed=1,
        duration_s=duration_s,
        replications=replications,
        out=folder,
        settings={"scale": scale},
    )
    check(options)
    return folder


@pytest.fixture(scope="session")
def incident_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The first and worst minutes of the incident, twice, at a tenth of the size."""
    return incident(tmp_path_factory.mktemp("incident") / "run", 700.0, 2, 0.1)


@pytest.fixture(scope="session")
def strict_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("strict") / "run"
    check(CheckOptions(mode="sim", policy="inverted", seed=3, duration_s=10, replications=3, out=folder))
    return folder
