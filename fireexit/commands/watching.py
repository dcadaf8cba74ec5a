"""Commands for who watches a run: `locust` and `dashboards`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

commands = typer.Typer(rich_markup_mode=None)
_PASSED_ON = {"allow_extra_args": True, "ignore_unknown_options": True, "help_option_names": []}


@commands.command("locust", context_settings=_PASSED_ON)
def locust_command(context: typer.Context) -> None:
    """Locust's web UI with a Fire exit tab; takes Locust's own options, too."""
    from fireexit.locust import become_locust

    become_locust(context.args)


@commands.command()
def dashboards(
    out: Annotated[Path, typer.Option(metavar="DIR", help="A new or empty directory.")],
) -> None:
    """Write Grafana dashboards and Prometheus rules."""
    from fireexit.dashboards import write_dashboards

    written = write_dashboards(out)
    for path in written:
        print(path)
