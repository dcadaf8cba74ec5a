"""Commands about runs that are over: `verify` and `diff`."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from fireexit.console import fail, say, warn
from fireexit.progress import Reporter
from fireexit.tables import stdout_console

commands = typer.Typer(rich_markup_mode=None)


@commands.command(
    epilog="Exit status: 0 intact, 1 tampered with or not what the records give, 2 wrong usage."
)
def verify(
    run: Annotated[Path, typer.Argument(metavar="DIR", help="A finished run's directory.")],
    digest: Annotated[
        str | None, typer.Option(metavar="SHA256", help="The digest printed at its end, kept elsewhere.")
    ] = None,
    again: Annotated[
        bool, typer.Option("--again", help="Simulate a simulated run anew, and compare all records.")
    ] = False,
    policy: Annotated[
        str | None,
        typer.Option(metavar="FILE|MODULE:CLASS", help="The run's policy, if it is none of ours."),
    ] = None,
) -> None:
    """Check a run against its seal, and judge its records again."""
    from fireexit.evidence import Again
    from fireexit.evidence import verify as check_evidence

    if policy is not None and not again:
        fail("--policy is for --again: what else would it be needed for?")
    with Reporter() as reporter:
        anew = Again(policy, partial(reporter.update, "simulating again")) if again else None
        lines, intact = check_evidence(run, digest, anew)
    say(*lines)
    raise typer.Exit(0 if intact else 1)


@commands.command(epilog="Exit status: 0 the run could be read, 2 wrong usage.")
def reconcile(
    run: Annotated[Path, typer.Argument(metavar="DIR", help="A run's directory.")],
    everything: Annotated[
        bool, typer.Option("--all", help="List every difference, not only how many of each kind.")
    ] = False,
) -> None:
    """Set what clients saw beside what the exchange did, attempt by attempt."""
    from fireexit.evidence import reconcile as set_side_by_side
    from fireexit.report import beware

    for line in set_side_by_side(run, everything=everything):
        say(line)
    warn(beware(run))


@commands.command(
    epilog="Exit status: 0 no clause got worse, 1 some did, 2 wrong usage, 3 one that held is undecided now."
)
def diff(
    before: Annotated[Path, typer.Argument(metavar="A", help="A run's directory.")],
    after: Annotated[Path, typer.Argument(metavar="B", help="Another one.")],
) -> None:
    """Compare two runs clause by clause: did a change weaken the exit?"""
    from fireexit.evidence import compare
    from judging.report.difference import render_differences

    found = compare(before, after)
    say(f"A  {found.titles[0]}", f"B  {found.titles[1]}")
    render_differences(found.changes, stdout_console())
    say(*(f"beware: {warning}" for warning in found.warnings))
    say(f"verdict: {found.overall[0]} → {found.overall[1]}")
    raise typer.Exit(found.status)
