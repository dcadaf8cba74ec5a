"""The command `serve`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from fireexit.commands.options import Settings, settings_of

commands = typer.Typer(rich_markup_mode=None)


@commands.command(epilog="Stops on Ctrl-C.")
def serve(
    scenario: Annotated[
        str | None, typer.Option(metavar="NAME|FILE", help="See `fireexit scenarios`; mixed if absent.")
    ] = None,
    policy: Annotated[
        str | None,
        typer.Option(metavar="NAME|MODULE:CLASS|FILE|pipe:COMMAND", help="exempt if absent."),
    ] = None,
    port: Annotated[int, typer.Option(min=0, max=65535, help="0 takes a free one.")] = 8899,
    bind: Annotated[str, typer.Option(metavar="ADDRESS", help="Address to listen on.")] = "127.0.0.1",
    control_port: Annotated[int, typer.Option(min=0, max=65535, help="Metrics and control; 0: free.")] = 0,
    seed: Annotated[
        int | None,
        typer.Option(help="Of durations and keys: whoever knows it can work out the keys. Drawn if absent."),
    ] = None,
    accounts: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write all accounts and keys to this file.")
    ] = None,
    journal: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write the exchange's journal to this new file.")
    ] = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on with the venue of --journal, if that file is there.")
    ] = False,
    durable: Annotated[
        bool, typer.Option("--durable", help="Answer only once the disk has the journal (fsync).")
    ] = False,
    keep: Annotated[
        int | None,
        typer.Option(min=1, metavar="N", help="Of journals that were set aside, keep N; all if absent."),
    ] = None,
    rotate_mb: Annotated[
        int | None,
        typer.Option(min=1, metavar="MB", help="Set the journal aside at this size; go on in a new file."),
    ] = None,
    settings: Settings = None,
) -> None:
    """Run the mock exchange for your own client: an address and a key that work at once."""
    from fireexit.serve import ServeOptions, serve_until_stopped

    options = ServeOptions(
        scenario,
        policy,
        bind,
        port,
        control_port,
        seed,
        accounts,
        journal,
        resume,
        durable,
        keep,
        rotate_mb,
        settings_of(settings),
    )
    serve_until_stopped(options)
