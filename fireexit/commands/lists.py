"""Commands that list what is shipped: `scenarios`, `policies` and `contracts`."""

from __future__ import annotations

import typer

commands = typer.Typer(rich_markup_mode=None)


@commands.command()
def scenarios() -> None:
    """List the shipped scenarios."""
    from loadgen.scenarios import load_scenario, scenario_names

    for name in scenario_names():
        print(f"{name:<20} {load_scenario(name).summary}")


@commands.command()
def policies() -> None:
    """List the shipped admission policies."""
    from mock_exchange.gateway.policies import describe

    for name, line in describe():
        print(f"{name:<20} {line}")


@commands.command()
def contracts() -> None:
    """List the shipped contracts."""
    from judging.contracts import contract_names, load_contract

    for name in contract_names():
        print(f"{name:<20} {load_contract(name).summary}")
