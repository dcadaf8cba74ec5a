"""Scenarios: the venue's plan and the traders that meet on it, in TOML.

`load_scenario` takes the name of a shipped file or a path. A scenario is refused, with one line that
says what is wrong and where, if it is malformed or would hit a rate limit without meaning to.
"""

from loadgen.scenarios.scenario import (
    Scenario,
    ScenarioError,
    bake_off_names,
    load_scenario,
    scenario_names,
)

__all__ = ["Scenario", "ScenarioError", "bake_off_names", "load_scenario", "scenario_names"]
