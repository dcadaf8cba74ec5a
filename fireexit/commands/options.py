"""Options that several commands take, and what their words mean."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from fireexit.console import fail

Json = Annotated[bool, typer.Option("--json", help="Print the verdict document instead of tables.")]
Seed = Annotated[int | None, typer.Option(help="Seed of all randomness; drawn and printed if absent.")]
Duration = Annotated[float | None, typer.Option(metavar="S", help="Seconds; the scenario's own if absent.")]
Out = Annotated[Path | None, typer.Option(metavar="DIR", help="Run directory; runs/<time>-… if absent.")]
Settings = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="NAME=VALUE",
        help="Another value for a parameter of the scenario; rate=2 doubles any scenario's arrivals.",
    ),
]
Thorough = Annotated[
    bool, typer.Option("--thorough", help="For a release: 59 runs rule out failures in over 5 % of runs.")
]
Certify = Annotated[
    bool, typer.Option("--certify", help="For a certificate: 299 runs rule out failures in over 1 %.")
]
Stop = Annotated[
    str,
    typer.Option(metavar="early|planned", help="Make no more runs once a clause is surely broken, or all."),
]
Workers = Annotated[
    int, typer.Option(metavar="N", help="Processes that send; the schedule is split between them.")
]
Junit = Annotated[Path | None, typer.Option(metavar="FILE", help="Write the verdict as JUnit XML, too.")]
Summary = Annotated[
    Path | None, typer.Option(metavar="FILE", help="Append the verdict as Markdown, for a step summary.")
]
Executor = Annotated[
    str | None,
    typer.Option(metavar="dask://HOST:PORT", help="Simulate on a Dask cluster, not on this machine."),
]
ScenarioName = Annotated[str, typer.Option(metavar="NAME|FILE", help="See `fireexit scenarios`.")]
PolicyName = Annotated[
    str, typer.Option(metavar="NAME|MODULE:CLASS|FILE|pipe:COMMAND", help="See `fireexit policies`.")
]
TrustPolicy = Annotated[
    bool,
    typer.Option(
        "--trust-policy",
        help="Run your own policy in the exchange's process: fast, but it is not kept apart.",
    ),
]
ContractName = Annotated[str, typer.Option(metavar="NAME|FILE", help="See `fireexit contracts`.")]


def settings_of(texts: list[str] | None) -> dict[str, str]:
    """`["slots=500"]` as a dictionary; leaves with status 2 for anything else."""
    settings = {}
    for text in texts or []:
        name, equals, value = text.partition("=")
        if not (name and equals and value):
            fail(f"--set {text}: give NAME=VALUE")
        settings[name.strip()] = value.strip()
    return settings


def policy_of(policy: str, trusted: bool) -> str:
    """Its name, with what `--trust-policy` says of it."""
    from mock_exchange.gateway.policies import Named

    return Named(policy).trusted().name if trusted else policy
