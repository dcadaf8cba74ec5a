"""The command `check`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import orjson
import typer

from fireexit.commands.options import (
    Certify,
    ContractName,
    Duration,
    Executor,
    Json,
    Junit,
    Out,
    PolicyName,
    ScenarioName,
    Seed,
    Settings,
    Stop,
    Summary,
    Thorough,
    TrustPolicy,
    Workers,
    policy_of,
    settings_of,
)
from fireexit.console import fail
from fireexit.errors import status_of
from fireexit.files import check_writable, write_files
from fireexit.progress import Reporter
from fireexit.result import CheckResult
from fireexit.tables import stdout_console

commands = typer.Typer(rich_markup_mode=None)

STATUSES = (
    "Exit status: 0 the contract holds, 1 broken, 2 wrong usage, 3 inconclusive or invalid run, "
    "4 the tool itself failed, 130 interrupted."
)


@commands.command("check", epilog=STATUSES)
def check_command(
    scenario: ScenarioName = "mixed",
    policy: PolicyName = "exempt",
    trust_policy: TrustPolicy = False,
    mode: Annotated[str, typer.Option(metavar="sim|load", help="Virtual time, or real sockets.")] = "load",
    contract: ContractName = "strict",
    host: Annotated[
        str | None, typer.Option(metavar="URL", help="An exchange started elsewhere (`fireexit serve`).")
    ] = None,
    accounts: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Its accounts, as `serve --accounts` wrote them.")
    ] = None,
    this_host_is_mine: Annotated[
        str | None, typer.Option(metavar="HOST", help="Declare a host beyond loopback and private as yours.")
    ] = None,
    seed: Seed = None,
    duration: Duration = None,
    out: Out = None,
    replications: Annotated[
        int | None, typer.Option(metavar="N", help="Independent runs of a simulation; 20 if absent.")
    ] = None,
    thorough: Thorough = False,
    certify: Certify = False,
    stop: Stop = "planned",
    executor: Executor = None,
    settings: Settings = None,
    workers: Workers = 1,
    metrics_port: Annotated[
        int, typer.Option(min=0, max=65535, help="/metrics of the load generator on loopback; 0: none.")
    ] = 0,
    control_port: Annotated[
        int, typer.Option(min=0, max=65535, help="/metrics and control of the exchange; 0: a free one.")
    ] = 0,
    junit: Junit = None,
    summary: Summary = None,
    json: Json = False,
) -> None:
    """Flood an exchange and judge whether risk-reducing orders kept their priority."""
    from fireexit.main_path import check
    from fireexit.options import CheckOptions

    options = CheckOptions(
        scenario, policy_of(policy, trust_policy), mode, contract, host, accounts, this_host_is_mine, seed,
        duration, out,
        replications, settings_of(settings), metrics_port, control_port, workers,
        _rarest(thorough=thorough, certify=certify), stop, executor,
    )  # fmt: skip
    reporter = Reporter()
    try:
        check_writable(junit, summary)
        with reporter:
            result = check(options, reporter.update)
    except KeyboardInterrupt as interrupt:
        fail("interrupted; the partial run is marked aborted", status_of(interrupt))
    write_files(result, junit, summary)
    _show(result, json=json)
    raise typer.Exit(result.exit_status)


def _rarest(*, thorough: bool, certify: bool) -> float | None:
    from judging.rarest import CERTIFY, THOROUGH

    if thorough and certify:
        fail("--thorough and --certify ask for two things: give one")
    return CERTIFY if certify else THOROUGH if thorough else None


def _show(result: CheckResult, *, json: bool) -> None:
    if json:
        sys.stdout.buffer.write(orjson.dumps(result.document, option=orjson.OPT_INDENT_2) + b"\n")
    else:
        from judging.report.terminal import render_verdict

        render_verdict(result.document, stdout_console())
        print(f"records: {result.folder}")
        if (result.folder / "report.html").is_file():
            print(f"report:  {result.folder / 'report.html'}")
        print(f"digest:  {result.digest}")
    sys.stdout.flush()
