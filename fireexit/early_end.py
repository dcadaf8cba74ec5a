"""A simulated check that looks at its runs now and then, and makes no more once a clause is surely broken."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from fireexit.parallel import Workers
from fireexit.progress import part_of
from judging.contracts import parse_contract
from judging.counting.tally import Tally, combine
from judging.run import count_replications
from judging.verdict.early import judged_early, rounds
from loadgen.drive.simulation import simulate_run
from loadgen.run_spec import RunSpec
from run_records.run import RUNNING, write_run


def simulate_until_decided(
    spec: RunSpec, folder: Path, each: Workers, progress: Callable[[float], None]
) -> RunSpec:
    """Simulate, and look after 3, 4, 6, 9 and 14 runs. Returns the same with as many replications as were
    made."""
    contract = parse_contract(spec.contract_source, spec.contract)
    planned, seen = spec.replications, Tally()
    for new in rounds(planned, early=True):
        simulate_run(spec, folder, each.write, part_of(progress, new, planned), new)
        if new.stop == planned:
            break
        seen = combine([seen, *count_replications(folder, spec.terms(), new, each)])
        if judged_early(contract, seen, spec.rarest) is not None:
            break
    made = replace(spec, replications=new.stop)
    write_run(folder, made.run(RUNNING))  # it is judged by what its directory says
    return made
