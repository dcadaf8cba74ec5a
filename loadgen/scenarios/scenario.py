"""Reading a scenario file: strict about keys, clear about mistakes."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from importlib.resources import files
from itertools import pairwise
from pathlib import Path
from typing import Any

from loadgen.scenarios.document import extended, scaled, with_rate
from loadgen.scenarios.groups import KINDS
from loadgen.scenarios.parameters import Parameter, parameters_of, rate_of, resolved
from loadgen.scenarios.population import Population
from loadgen.scenarios.prices import prices_of
from loadgen.scenarios.ranges import RANGES
from loadgen.scenarios.reported import reported_from
from mock_exchange.engine.symbols import symbols
from mock_exchange.gateway.config import GatewayConfig
from mock_exchange.gateway.policies import Named
from mock_exchange.plan import AccountPlan, BookPlan, Phase, Plan, book_from_texts
from mock_exchange.prices import PricePath
from run_records.bounds import check_bounds
from run_records.plain_files import read_text
from run_records.reported import Reported
from run_records.scaled import format_scaled
from run_records.units import NS_PER_S

SCHEMA = "fireexit.scenario/1"
SIMULATED_START_MS = 1_760_130_720_000
"""Venue time at the start of a simulated run: 2025-10-10 21:12:00 UTC."""
_TOP_KEYS = {
    "schema",
    "name",
    "summary",
    "duration_s",
    "recovers_at_s",
    "rate_limits_intended",
    "venue",
    "phases",
    "policies",
    "books",
    "traders",
    "parameters",
    "prices",
    "reported",
    "extends",
    "time_scale",
    "starts_at_ms",
    "privileged",
}
_STANDARD_BOOKS = (
    # mark prices: assumed, near the levels of 2025-10-10 21:12 UTC; DOGE from the incident's own figures
    {"symbol": "BTCUSDT", "mark": "113000.00", "levels": 20, "spacing_ticks": 20, "quantity": "50"},
    {"symbol": "ETHUSDT", "mark": "3850.00", "levels": 20, "spacing_ticks": 10, "quantity": "800"},
    {"symbol": "SOLUSDT", "mark": "190.0000", "levels": 20, "spacing_ticks": 10, "quantity": "15000"},
    {"symbol": "DOGEUSDT", "mark": "0.192450", "levels": 20, "spacing_ticks": 5, "quantity": "5000000"},
    {"symbol": "XRPUSDT", "mark": "2.4000", "levels": 20, "spacing_ticks": 2, "quantity": "400000"},
)
"""The books of a scenario that names none: five liquid symbols."""
PRIVILEGED = ("makers-*", "*.1")
"""Whom a venue lists as privileged if its scenario does not say: makers, and the first account of every group
of traders. Only the policy `privileged` makes use of the list."""


class ScenarioError(ValueError):
    """A scenario that cannot be used; the message is one line for the user."""


@dataclass(frozen=True, slots=True)
class Scenario:
    """A checked scenario. `plan` makes the venue's half for a policy and a seed, `population` the traders.
    From `recovers_at_s` on (None: never) the load is such that a healthy venue is back to normal.
    `privileged` are names of accounts that the venue treats better, * and ? allowed. `parameters` are its
    named assumptions; `reported` is what a re-enactment is held against. `source` is the
    document's text; with `settings` and `time_scale` it makes the same scenario again."""

    name: str
    summary: str
    duration_s: float
    gateway: GatewayConfig
    policy_parameters: dict[str, dict[str, Any]]
    books: tuple[BookPlan, ...]
    population: Population
    phases: tuple[Phase, ...]
    recovers_at_s: float | None
    source: str
    prices: tuple[PricePath, ...] = ()
    parameters: Mapping[str, Parameter] = field(default_factory=dict)
    reported: Reported | None = None
    starts_at_ms: int = SIMULATED_START_MS
    settings: Mapping[str, Any] = field(default_factory=dict)
    time_scale: float = 1.0
    privileged: tuple[str, ...] = PRIVILEGED

    def policy_settings(self, policy: str) -> dict[str, Any]:
        """What this scenario sets of a policy's parameters."""
        return self.policy_parameters.get(Named(policy).bare, {})

    def plan(self, policy: str, seed: int, *, simulated: bool) -> Plan:
        return Plan(
            gateway=self.gateway,
            policy=policy,
            policy_parameters=self.policy_settings(policy),
            seed=seed,
            epoch_start_ms=self.starts_at_ms if simulated else 0,
            books=self.books,
            accounts=tuple(self._listed(account) for account in self.population.accounts()),
            phases=self.phases,
            prices=self.prices,
        )

    def _listed(self, account: AccountPlan) -> AccountPlan:
        """The plan of an account, on the venue's list if its name is."""
        return replace(account, privileged=any(fnmatchcase(account.name, p) for p in self.privileged))


def scenario_names() -> list[str]:
    """Names of the shipped scenarios."""
    folder = files(__package__)
    return sorted(f.name.removesuffix(".toml") for f in folder.iterdir() if f.name.endswith(".toml"))


def bake_off_names() -> list[str]:
    """Those that policies are compared under by default: short ones. Re-enactments take minutes each."""
    return [name for name in scenario_names() if load_scenario(name).reported is None]


def load_scenario(name: str, time_scale: float = 1.0, settings: Mapping[str, Any] | None = None) -> Scenario:
    """A shipped scenario by name, or a file by path; all its times multiplied by `time_scale`, rates as they
    are; parameters as `settings` say. Raises ScenarioError."""
    if name in scenario_names():
        text = _shipped(name)
    elif name.endswith(".toml"):
        try:
            text = read_text(Path(name))
        except (OSError, ValueError) as error:
            reason = error.strerror if isinstance(error, OSError) else error
            raise ScenarioError(f"cannot read scenario {name}: {reason}") from None
    else:
        raise ScenarioError(
            f"unknown scenario {name!r}; known: {', '.join(scenario_names())}, or give a .toml file"
        )
    return parse_scenario(text, name, time_scale, settings)


def parse_scenario(
    text: str, where: str, time_scale: float = 1.0, settings: Mapping[str, Any] | None = None
) -> Scenario:
    """A scenario from TOML text; `where` names it in error messages. Raises ScenarioError."""
    try:
        row = extended(tomllib.loads(text), _shipped_document)
    except tomllib.TOMLDecodeError as error:
        raise ScenarioError(f"scenario {where} is not valid TOML: {error}") from None
    except RecursionError:
        raise ScenarioError(f"scenario {where} is nested too deep") from None
    except (ArithmeticError, ValueError, TypeError, AttributeError, KeyError) as error:
        raise ScenarioError(f"scenario {where}: cannot be joined with what it extends: {error}") from None
    try:
        _check_values(row)
        parameters = parameters_of(row, dict(settings or {}))
        row = _put_in(row, parameters, dict(settings or {}))
        _check_values(row)  # again: what parameters and settings have put in
        factor = time_scale * row.pop("time_scale", 1.0)
        scenario = _scenario(row if factor == 1.0 else scaled(row, factor), text)
    except (ValueError, AttributeError, OverflowError, TypeError) as error:
        raise ScenarioError(f"scenario {where}: {error}") from None
    return replace(
        scenario, parameters=parameters, settings=dict(settings or {}), time_scale=float(time_scale)
    )


def document_of(scenario: Scenario) -> dict[str, Any]:
    """The document of a scenario as one piece: joined with what it extends, its rate and settings put in."""
    row = extended(tomllib.loads(scenario.source), _shipped_document)
    return _put_in(row, dict(scenario.parameters), dict(scenario.settings))


def _put_in(
    row: dict[str, Any], parameters: dict[str, Parameter], settings: dict[str, Any]
) -> dict[str, Any]:
    """The document with the values of its parameters, and as many arrivals as the settings say."""
    row = resolved({key: row[key] for key in row if key != "parameters"}, parameters)
    return with_rate(row, rate) if (rate := rate_of(settings)) != 1.0 else row


def _check_values(row: dict[str, Any]) -> None:
    """Every number and text. What a policy's own parameters may be, the policy says itself."""
    check_bounds({key: value for key, value in row.items() if key != "policies"}, RANGES)
    check_bounds({"policies": row.get("policies", {})}, {})


def _shipped(name: str) -> str:
    return files(__package__).joinpath(f"{name}.toml").read_text(encoding="utf-8")


def _shipped_document(name: str) -> dict[str, Any]:
    if name not in scenario_names():
        raise ValueError(f"extends {name!r}, which is not one of {', '.join(scenario_names())}")
    return tomllib.loads(_shipped(name))


def _scenario(row: dict[str, Any], text: str) -> Scenario:
    if row.get("schema") != SCHEMA:
        raise ValueError(f"schema must be {SCHEMA!r}, not {row.get('schema')!r}")
    _check_symbols(row)
    if unknown := sorted(set(row) - _TOP_KEYS):
        raise ValueError(f"unknown key {unknown[0]!r}")
    duration = row.get("duration_s")
    if not isinstance(duration, int | float) or not 0 < duration <= 86_400:
        raise ValueError(f"duration_s must be from 0 to 86400 seconds, not {duration!r}")
    prices = tuple(_table("prices", p, number, prices_of) for number, p in enumerate(_rows(row, "prices")))
    rows = _with_marks(_rows(row, "books") or list(_STANDARD_BOOKS), prices)
    books = tuple(_table("books", book, number, _book) for number, book in enumerate(rows))
    gateway = _table("venue", row.get("venue", {}), 0, GatewayConfig.from_dict)
    policies = row.get("policies", {})
    if not isinstance(policies, dict) or not all(isinstance(p, dict) for p in policies.values()):
        raise ValueError("policies must be tables, [policies.NAME]")
    population = Population(
        [
            _table("traders", spec, number, lambda s: _trader(s, books))
            for number, spec in enumerate(_rows(row, "traders"))
        ]
    )
    population.check_market_watch()
    if not row.get("rate_limits_intended", False):
        population.check_order_limits(gateway.limits)
    recovers = row.get("recovers_at_s")
    if recovers is not None and (not isinstance(recovers, int | float) or not 0 <= recovers < duration):
        raise ValueError(f"recovers_at_s must be from 0 to duration_s, not {recovers!r}")
    return Scenario(
        name=_text(row, "name"),
        summary=_text(row, "summary"),
        duration_s=float(duration),
        gateway=gateway,
        policy_parameters=policies,
        books=books,
        population=population,
        phases=_phases(row, gateway),
        recovers_at_s=recovers,
        source=text,
        prices=prices,
        reported=_table("reported", row["reported"], 0, reported_from) if "reported" in row else None,
        starts_at_ms=_start(row),
        privileged=_privileged(row),
    )


def _privileged(row: dict[str, Any]) -> tuple[str, ...]:
    patterns = row.get("privileged", list(PRIVILEGED))
    if not isinstance(patterns, list) or not all(isinstance(pattern, str) for pattern in patterns):
        raise ValueError(f"privileged must be a list of account names, * and ? allowed, not {patterns!r}")
    return tuple(patterns)


def _check_symbols(row: dict[str, Any]) -> None:
    """One book and one path of prices for each symbol."""
    for kind in ("books", "prices"):
        names = [entry.get("symbol") for entry in _rows(row, kind) if isinstance(entry, dict)]
        if twice := sorted(str(name) for name in set(names) if names.count(name) > 1):
            raise ValueError(f"{twice[0]} has more than one [[{kind}]] entry")


def _start(row: dict[str, Any]) -> int:
    """Venue time at the beginning of a simulated run."""
    start = row.get("starts_at_ms", SIMULATED_START_MS)
    if not isinstance(start, int) or not 0 < start < 1 << 53:
        raise ValueError(f"starts_at_ms must be milliseconds since 1970, not {start!r}")
    return start


def _with_marks(rows: list[Any], prices: tuple[PricePath, ...]) -> list[Any]:
    """A book without a mark begins where the symbol's prices do."""
    first = {p.symbol.name: format_scaled(p.points[0][1], p.symbol.price_precision) for p in prices}
    return [
        {"mark": first[row["symbol"]], **row} if isinstance(row, dict) and row.get("symbol") in first else row
        for row in rows
    ]


def _table(kind: str, row: Any, number: int, parse: Callable[[dict[str, Any]], Any]) -> Any:
    """Parse one table; complaints are prefixed with where it stands."""
    where = f"[{kind}]" if kind in ("venue", "reported") else f"[[{kind}]] number {number + 1}"
    if not isinstance(row, dict):
        raise ValueError(f"{where} must be a table")
    try:
        return parse(row)
    except KeyError as error:
        raise ValueError(f"{where}: {error.args[0]} is missing") from None
    except (ValueError, TypeError, AttributeError, ArithmeticError) as error:
        raise ValueError(f"{where}: {error}") from None


def _phases(row: dict[str, Any], base: GatewayConfig) -> tuple[Phase, ...]:
    """What changes with time. Each phase is the `[venue]` table with what it sets, not the phase before."""
    phases = tuple(
        _table("phases", phase, number, lambda p: _phase(p, base))
        for number, phase in enumerate(_rows(row, "phases"))
    )
    if any(a.at_ns >= b.at_ns for a, b in pairwise(phases)):
        raise ValueError("[[phases]] must be in order of at_s")
    return phases


def _phase(row: dict[str, Any], base: GatewayConfig) -> Phase:
    at_s = row["at_s"]
    if not isinstance(at_s, int | float) or isinstance(at_s, bool) or not 0 <= at_s <= 86_400:
        raise ValueError(f"at_s must be from 0 to 86400 seconds, not {at_s!r}")
    settings = {key: value for key, value in row.items() if key not in ("at_s", "name")}
    return Phase(round(at_s * NS_PER_S), _text(row, "name"), base.changed(settings))


def _rows(row: dict[str, Any], name: str) -> list[Any]:
    rows = row.get(name, [])
    if not isinstance(rows, list):
        raise ValueError(f"{name} must be an array of tables, [[{name}]]")
    return rows


def _text(row: dict[str, Any], name: str) -> str:
    value = row.get(name)
    if not isinstance(value, str) or not value:
        raise ValueError(f"{name} must be a text")
    return value


def _book(row: dict[str, Any]) -> BookPlan:
    symbol = symbols().get(row["symbol"])
    if symbol is None:
        raise ValueError(f"unknown symbol {row['symbol']!r}; known: {', '.join(symbols())}")
    return book_from_texts(symbol, row["mark"], row["levels"], row["spacing_ticks"], row["quantity"])


def _trader(spec: dict[str, Any], books: tuple[BookPlan, ...]) -> Any:
    kind = KINDS.get(spec.get("kind", ""))
    if kind is None:
        raise ValueError(f"unknown kind {spec.get('kind')!r}; known: {', '.join(KINDS)}")
    fields = {name: value for name, value in spec.items() if name != "kind"}
    return kind.from_dict(fields, list(books))
