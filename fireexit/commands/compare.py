"""The command `compare`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import orjson
import typer

from fireexit.commands.options import (
    ContractName,
    Duration,
    Executor,
    Json,
    Seed,
    Stop,
    TrustPolicy,
    policy_of,
)
from fireexit.progress import Reporter
from fireexit.tables import stdout_console

commands = typer.Typer(rich_markup_mode=None)


@commands.command("compare", epilog="Exit status: 0 all cells were run, 2 wrong usage, 130 interrupted.")
def compare_command(
    policies: Annotated[
        str, typer.Option(metavar="A,B|all", help="Policies, comma-separated; a name, module:Class or file.")
    ],
    trust_policy: TrustPolicy = False,
    scenarios: Annotated[str, typer.Option(metavar="A,B|all", help="Scenarios, comma-separated.")] = "mixed",
    contract: ContractName = "strict",
    seed: Seed = None,
    replications: Annotated[
        int | None, typer.Option(metavar="N", help="Of each cell; 20 if absent, 5 with --quick.")
    ] = None,
    quick: Annotated[bool, typer.Option("--quick", help="5 replications, scenarios half as long.")] = False,
    duration: Duration = None,
    stop: Stop = "early",
    executor: Executor = None,
    json: Json = False,
    markdown: Annotated[Path | None, typer.Option(metavar="FILE", help="Write all figures here.")] = None,
    svg: Annotated[Path | None, typer.Option(metavar="FILE", help="Draw a heat map here.")] = None,
) -> None:
    """Judge policies under scenarios, with the same traffic for all, and rank them."""
    from fireexit.compare import CompareOptions, check_paths, compare, write_reports
    from judging.report.bakeoff import render_bake_off

    named = [policy_of(policy, trust_policy) for policy in _names(policies)]
    options = CompareOptions(
        named, _names(scenarios), contract, seed, replications, quick, duration, stop, executor
    )
    reporter = Reporter()
    check_paths(markdown, svg)
    with reporter:
        bake_off = compare(options, lambda share: reporter.update("comparing", share))
    write_reports(bake_off, markdown, svg)
    if json:
        sys.stdout.buffer.write(orjson.dumps(bake_off.to_dict(), option=orjson.OPT_INDENT_2) + b"\n")
    else:
        render_bake_off(bake_off, stdout_console(240))


def _names(text: str) -> list[str]:
    return [name.strip() for name in text.split(",") if name.strip()]
