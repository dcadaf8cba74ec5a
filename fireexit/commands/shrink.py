"""The command `shrink`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from fireexit.commands.options import ContractName, PolicyName, ScenarioName, Seed, Settings, settings_of
from fireexit.console import say
from fireexit.progress import Reporter

commands = typer.Typer(rich_markup_mode=None)


@commands.command(epilog="Exit status: 0 a scenario was written, 2 wrong usage, or nothing is broken.")
def shrink(
    out: Annotated[Path, typer.Option(metavar="FILE.toml", help="Where to write the smallest scenario.")],
    scenario: ScenarioName = "mixed",
    policy: PolicyName = "exempt",
    contract: ContractName = "strict",
    clause: Annotated[
        str | None, typer.Option(metavar="ID", help="To be broken; the first that is if absent.")
    ] = None,
    seed: Seed = None,
    replications: Annotated[int, typer.Option(metavar="N", help="Runs of each scenario tried.")] = 3,
    tries: Annotated[int, typer.Option(metavar="N", help="Scenarios to try at most.")] = 300,
    settings: Settings = None,
) -> None:
    """Find the smallest scenario under which a policy still breaks a clause."""
    from functools import partial

    from fireexit.shrink import ShrinkOptions, find_smallest, lines_about, write_smallest

    options = ShrinkOptions(
        scenario, policy, contract, clause, seed, settings_of(settings), replications, tries, out
    )
    with Reporter() as reporter:
        found = find_smallest(options, partial(reporter.update, "shrinking"))
    write_smallest(found, out)
    say(*lines_about(found, out))
