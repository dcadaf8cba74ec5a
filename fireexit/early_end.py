"""A simulated check that looks at its runs now and then, and makes no more once a clause is surely broken."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from fireexit.parallel import Workers
from judging.contracts import parse_contract
from judging.counting.tally import Tally, combine
from judging.run import count_replications
from judging.verdict.early import LOOKS, judged_early
from loadgen.drive.simulation import simulate_run
from loadgen.run_spec import RunSpec


def simulate_until_decided(
    spec: RunSpec, folder: Path, each: Workers, progress: Callable[[float], None]
) -> RunSpec:
    """Simulate, and look after 3, 4, 6, 9 and 14 runs. Returns the same with as many replications as were
    made."""
    contract = parse_contract(spec.contract_source, spec.contract)
    planned = spec.replications
    seen, made = Tally(), 0
    for upto in (*(look for look in LOOKS if look < planned), planned):
        new = range(made, upto)
        simulate_run(spec, folder, each, lambda share, new=new: progress(_share(new, share, planned)), new)  # type: ignore[misc]
        made = upto
        if made == planned:
            break
        seen = combine([seen, *count_replications(folder, spec.terms(), new, each)])
        if judged_early(contract, seen, spec.rarest) is not None:
            break
    return replace(spec, replications=made)


def _share(new: range, done: float, planned: int) -> float:
    return (new.start + done * len(new)) / planned
