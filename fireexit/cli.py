"""The command line. Results on stdout, progress on stderr, the answer in the exit status."""

from __future__ import annotations

import sys
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import orjson
import typer

from fireexit.cli_evidence import commands as evidence_commands
from fireexit.cli_options import (
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
    settings_of,
)
from fireexit.cli_report import commands as report_commands
from fireexit.cli_serve import commands as serve_commands
from fireexit.cli_shrink import commands as shrink_commands
from fireexit.console import fail, stdout_console
from fireexit.core import STALE, core
from fireexit.errors import status_of
from fireexit.files import check_writable, write_files
from fireexit.last_resort import Guarded
from fireexit.progress import Reporter
from fireexit.result import CheckResult
from fireexit.version import __version__

STATUSES = (
    "Exit status: 0 the contract holds, 1 broken, 2 wrong usage, 3 inconclusive or invalid run, "
    "4 the tool itself failed, 130 interrupted."
)

app = typer.Typer(
    cls=Guarded,
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="Under overload, do risk-reducing orders still get through?",
    epilog="Of every command: exit status 4 where the tool itself failed, 130 interrupted.",
)


@app.callback(invoke_without_command=True)
def _top(
    show_version: Annotated[bool, typer.Option("--version", help="Print the version and exit.")] = False,
) -> None:
    if show_version:
        print(f"fireexit {__version__} ({core()})")
        raise typer.Exit
    if core() == STALE:
        print(f"fireexit: this is a {STALE}", file=sys.stderr)


@app.command("check", epilog=STATUSES)
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
        scenario, _named(policy, trust_policy), mode, contract, host, accounts, this_host_is_mine, seed,
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


@app.command("compare", epilog="Exit status: 0 all cells were run, 2 wrong usage, 130 interrupted.")
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
    """Judge policies under scenarios, simulated with the same traffic for all, and rank them."""
    from fireexit.compare import CompareOptions, check_paths, compare, write_reports
    from judging.report.bakeoff import render_bake_off

    named = [_named(policy, trust_policy) for policy in _names(policies)]
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


def _named(policy: str, trusted: bool) -> str:
    from mock_exchange.gateway.policies import Named

    return Named(policy).trusted().name if trusted else policy


def _names(text: str) -> list[str]:
    return [name.strip() for name in text.split(",") if name.strip()]


@app.command(
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


_PASSED_ON = {"allow_extra_args": True, "ignore_unknown_options": True, "help_option_names": []}


@app.command("locust", context_settings=_PASSED_ON)
def locust_command(context: typer.Context) -> None:
    """Locust's web UI with a Fire exit tab; takes Locust's own options, too."""
    from fireexit.locust import become_locust

    become_locust(context.args)


@app.command()
def dashboards(
    out: Annotated[Path, typer.Option(metavar="DIR", help="A new or empty directory.")],
) -> None:
    """Write Grafana dashboards and Prometheus rules."""
    from fireexit.dashboards import write_dashboards

    written = write_dashboards(out)
    for path in written:
        print(path)


@app.command()
def scenarios() -> None:
    """List the shipped scenarios."""
    from loadgen.scenarios import load_scenario, scenario_names

    for name in scenario_names():
        print(f"{name:<20} {load_scenario(name).summary}")


@app.command()
def policies() -> None:
    """List the shipped admission policies."""
    from mock_exchange.gateway.policies import describe

    for name, line in describe():
        print(f"{name:<20} {line}")


@app.command()
def contracts() -> None:
    """List the shipped contracts."""
    from judging.contracts import contract_names, load_contract

    for name in contract_names():
        print(f"{name:<20} {load_contract(name).summary}")


app.add_typer(serve_commands)
app.add_typer(report_commands)
app.add_typer(evidence_commands)
app.add_typer(shrink_commands)


def main() -> None:
    app(prog_name="fireexit")
