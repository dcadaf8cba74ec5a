"""The command line. Results on stdout, progress on stderr, the answer in the exit status."""

from __future__ import annotations

import sys
from importlib import import_module
from typing import Annotated, Any

import typer

from fireexit.last_resort import Guarded

COMMANDS = {
    "check": ("check", "Flood an exchange and judge whether risk-reducing orders kept their priority."),
    "compare": ("compare", "Judge policies under scenarios, with the same traffic for all, and rank them."),
    "score": ("score", "Put bots through a scenario and score how each got out."),
    "serve": ("serve", "Run the mock exchange for your own client: an address and a key that work at once."),
    "locust": ("watching", "Locust's web UI with a Fire exit tab; takes Locust's own options, too."),
    "dashboards": ("watching", "Write Grafana dashboards and Prometheus rules."),
    "report": (
        "finished",
        "Write a run's report again, with runs of other policies beside it if there are any.",
    ),
    "funnel": ("finished", "Count where the attempts of a run ended, cut by what is asked for."),
    "export": ("finished", "Write all attempts of a run as Parquet; needs the extra `evidence` (duckdb)."),
    "schema": (
        "finished",
        "Print the JSON schema of a document in a run's directory; no name: the names.",
    ),
    "verify": ("evidence", "Check a run against its seal, and judge its records again."),
    "reconcile": ("evidence", "Set what clients saw beside what the exchange did, attempt by attempt."),
    "diff": ("evidence", "Compare two runs clause by clause: did a change weaken the exit?"),
    "shrink": ("shrink", "Find the smallest scenario under which a policy still breaks a clause."),
    "scenarios": ("lists", "List the shipped scenarios."),
    "policies": ("lists", "List the shipped admission policies."),
    "contracts": ("lists", "List the shipped contracts."),
}
"""In the order of the help: the file in fireexit/commands that a command is in, and its line."""


class Commands(Guarded):
    """A file is read when one of its commands is called, and not for the help of all."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.commands.update(dict.fromkeys(COMMANDS))  # type: ignore[arg-type] # it looks for what was meant

    def list_commands(self, ctx: Any) -> list[str]:
        """As the help lists them."""
        return list(COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """None if there is no such command."""
        if cmd_name not in COMMANDS:
            return None
        file = import_module(f"fireexit.commands.{COMMANDS[cmd_name][0]}")
        return typer.main.get_group(file.commands).commands[cmd_name]

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """Write the list."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, line) for name, (_, line) in COMMANDS.items()])


app = typer.Typer(
    cls=Commands,
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    help="Under overload, do risk-reducing orders still get through?",
    epilog="Of every command: exit status 4 where the tool itself failed, 130 interrupted.",
)


@app.callback(invoke_without_command=True)
def _top(
    show_version: Annotated[bool, typer.Option("--version", help="Print the version and exit.")] = False,
) -> None:
    from fireexit.core import STALE, core

    if show_version:
        from fireexit.version import __version__

        print(f"fireexit {__version__} ({core()})")
        raise typer.Exit
    if core() == STALE:
        print(f"fireexit: this is a {STALE}", file=sys.stderr)


def main() -> None:
    app(prog_name="fireexit")
