"""Whoever dies, however: nothing outlives its run, no key is in a file, no verdict says what is not so."""

from __future__ import annotations

import pytest

from studies.deaths import Death, died, faults_of, signals_as_usual
from studies.processes import COMMAND, EXCHANGE, LOADER, WORKER

pytestmark = [pytest.mark.realtime, pytest.mark.large]


@pytest.mark.parametrize(
    "death",
    [
        Death(COMMAND, "SIGKILL", 2, 5.0),
        Death(COMMAND, "SIGKILL", 4, 1.5),
        Death(COMMAND, "SIGHUP", 1, 5.0),
        Death(LOADER, "SIGKILL", 2, 5.0),
        Death(EXCHANGE, "SIGKILL", 1, 5.0),
        Death(WORKER, "SIGTERM", 2, 5.0),
        Death(COMMAND, "SIGTERM", 2, 5.0, outside=True),
    ],
)
def test_nothing_outlives_its_run(death: Death) -> None:
    with signals_as_usual():
        found = died(death, seed=3)
    assert found["struck"]
    assert faults_of(death, found) == []
    if death.who == COMMAND:
        assert found["status"] == {"SIGKILL": -9, "SIGHUP": 129, "SIGTERM": 143}[death.signal]
