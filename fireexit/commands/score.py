"""The command `score`."""

from __future__ import annotations

import sys
from dataclasses import asdict
from typing import Annotated

import orjson
import typer

from fireexit.commands.options import (
    Executor,
    Json,
    Out,
    PolicyName,
    ScenarioName,
    Seed,
    Settings,
    settings_of,
)
from fireexit.console import fail
from fireexit.errors import status_of
from fireexit.progress import Reporter
from fireexit.tables import stdout_console

commands = typer.Typer(rich_markup_mode=None)


@commands.command(
    "score", epilog="Exit status: 0 scored, 2 wrong usage, 3 a run not to be trusted, 130 interrupted."
)
def score_command(
    scenario: ScenarioName = "practice",
    policy: PolicyName = "undifferentiated",
    mode: Annotated[
        str, typer.Option(metavar="sim|load", help="Our bots in virtual time, or yours over HTTP.")
    ] = "load",
    minutes: Annotated[
        float | None, typer.Option(metavar="M", help="Press the scenario into so many; its own if absent.")
    ] = None,
    port: Annotated[int, typer.Option(min=0, max=65535, help="Of the exchange; 0 takes a free one.")] = 0,
    lead: Annotated[float, typer.Option(metavar="S", help="Time to connect before the market moves.")] = 10.0,
    seed: Seed = None,
    replications: Annotated[
        int | None, typer.Option(metavar="N", help="Independent runs of a simulation; 20 if absent.")
    ] = None,
    out: Out = None,
    executor: Executor = None,
    settings: Settings = None,
    json: Json = False,
) -> None:
    """Put bots through a scenario and score how each got out."""
    from fireexit.score import EXIT_INVALID, ScoreOptions, score
    from judging.report.scorecard import render_behaviours, render_cards
    from judging.scoring.summary import by_behaviour

    options = ScoreOptions(
        scenario, policy, mode, minutes, seed, replications, port, lead, out, settings_of(settings), executor
    )
    reporter = Reporter()
    try:
        with reporter:
            result = score(
                options, reporter.update, print if not json else lambda line: print(line, file=sys.stderr)
            )
    except KeyboardInterrupt as interrupt:
        fail("interrupted; the partial run is marked aborted", status_of(interrupt))
    if json:
        rows = [[asdict(card) for card in cards] for cards in result.runs]
        document = {"schema": "fireexit.score/1", "faults": result.faults, "runs": rows}
        sys.stdout.buffer.write(
            orjson.dumps(document, option=orjson.OPT_INDENT_2 | orjson.OPT_NON_STR_KEYS) + b"\n"
        )
    elif len(result.runs) > 1:
        render_behaviours(by_behaviour(result.runs), stdout_console())
    elif result.runs[0]:
        render_cards(result.runs[0], stdout_console(), result.code_names)
    else:
        print("nobody traded")
    if not json:
        for fault in result.faults:
            print(f"not to be trusted: {fault}")
        print(f"records: {result.folder}")
    sys.stdout.flush()
    raise typer.Exit(EXIT_INVALID if result.faults else 0)
