"""Policies against scenarios: every pair simulated under the same traffic, judged, and ranked."""

from loadgen.bakeoff.cells import QUICK_REPLICATIONS, BakeOff, Cell, run_bake_off

__all__ = ["QUICK_REPLICATIONS", "BakeOff", "Cell", "run_bake_off"]
