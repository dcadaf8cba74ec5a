"""Reading a contract file: strict about keys, clear about mistakes."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from importlib.resources import files
from pathlib import Path
from typing import Any

import msgspec

from judging.clause import SCENARIO, Clause
from judging.measures import MEASURES, Measure
from run_records.bounds import Range, check_bounds
from run_records.plain_files import read_text
from run_records.run import LEAST_RAREST, MOST_RAREST
from run_records.schemas import OLDEST, VERSION, schema_name, version_of
from run_records.words import Group

KIND = "contract"
GROUPS = tuple(Group)
_NUMBERS = ("factor", "seconds", "at_least", "at_most", "minimum", "rarest")
RANGES: dict[str, Range] = {
    "factor": (0, 1e6),
    "seconds": (0, 1e6),
    "at_least": (-1, 1),
    "at_most": (-1, 1),
    "minimum": (1, 1e9),
    "rarest": (LEAST_RAREST, MOST_RAREST),
}
"""What numbers of a contract may be, by their key."""


class ContractError(ValueError):
    """A contract that cannot be used; the message is one line for the user."""


@dataclass(frozen=True, slots=True)
class Contract:
    """What a gateway is held to."""

    name: str
    summary: str
    confidence: float
    precondition: Clause
    clauses: tuple[Clause, ...]
    readings: Mapping[str, str] = field(default_factory=dict)
    """Ways to understand the promise, each with its meaning: it is kept if it is kept in one of them."""
    source: str = ""
    """The document's text."""


def contract_names() -> list[str]:
    folder = files(__package__)
    return sorted(f.name.removesuffix(".toml") for f in folder.iterdir() if f.name.endswith(".toml"))


def load_contract(name: str) -> Contract:
    """A shipped contract by name, or a file by path. Raises ContractError."""
    if name in contract_names():
        text = files(__package__).joinpath(f"{name}.toml").read_text(encoding="utf-8")
    elif name.endswith(".toml"):
        try:
            text = read_text(Path(name))
        except (OSError, ValueError) as error:
            reason = error.strerror if isinstance(error, OSError) else error
            raise ContractError(f"cannot read contract {name}: {reason}") from None
    else:
        raise ContractError(
            f"unknown contract {name!r}; known: {', '.join(contract_names())}, or give a .toml file"
        )
    return parse_contract(text, name)


def parse_contract(text: str, name: str) -> Contract:
    """A contract from TOML text; `name` is for error messages. Raises ContractError."""
    try:
        row = tomllib.loads(text)
        check_bounds(row, RANGES)
        return replace(_contract(row), source=text)
    except tomllib.TOMLDecodeError as error:
        raise ContractError(f"contract {name} is not valid TOML: {error}") from None
    except RecursionError:
        raise ContractError(f"contract {name} is nested too deep") from None
    except (ValueError, TypeError) as error:
        raise ContractError(f"contract {name}: {error}") from None


def _contract(row: dict[str, Any]) -> Contract:
    version = version_of(row.get("schema"), KIND)
    if version not in (OLDEST, VERSION):
        raise ValueError(f"schema must be {schema_name(KIND)!r}, not {row.get('schema')!r}")
    for name in ("name", "summary", "precondition", "clauses"):
        if not row.get(name):
            raise ValueError(f"{name} is missing")
    for name in ("name", "summary"):
        if not isinstance(row[name], str):
            raise ValueError(f"{name} must be a text")
    if not isinstance(row["precondition"], dict):
        raise ValueError("precondition must be a table, [precondition]")
    if not isinstance(row["clauses"], list):
        raise ValueError("clauses must be an array of tables, [[clauses]]")
    confidence = row.get("confidence", 0.95)
    if not isinstance(confidence, float) or not 0.5 <= confidence < 1:
        raise ValueError(f"confidence must be from 0.5 to below 1, not {confidence!r}")
    unsaid = _unsaid() if version == OLDEST else {}
    clauses = tuple(_clause(clause, unsaid) for clause in row["clauses"])
    ids = [clause.id for clause in clauses]
    if twice := [name for name in ids if ids.count(name) > 1]:
        raise ValueError(f"clause {twice[0]} is there twice")
    readings = _readings(row.get("readings", {}), clauses)
    precondition = _clause({"id": "overload", **row["precondition"]}, unsaid)
    if not MEASURES[precondition.measure].may_be_condition or precondition.at_least is None:
        conditions = [name for name, measure in MEASURES.items() if measure.may_be_condition]
        raise ValueError(f"the precondition needs at_least and one of {', '.join(conditions)}")
    if precondition.rarest is not None:
        raise ValueError("the precondition takes no rarest: it asks whether there was an overload")
    return Contract(row["name"], row["summary"], confidence, precondition, clauses, readings)


def _unsaid() -> dict[str, dict[str, Any]]:
    """By measure, what the version before took for granted."""
    text = files(__package__).joinpath("older").joinpath(f"version-{OLDEST}.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


def _readings(table: Any, clauses: tuple[Clause, ...]) -> dict[str, str]:
    if not isinstance(table, dict) or not all(isinstance(text, str) for text in table.values()):
        raise ValueError("readings must be a table of names and what each means")
    used = {clause.reading for clause in clauses if clause.reading}
    if unknown := sorted(used - set(table)):
        raise ValueError(f"clauses belong to the reading {unknown[0]!r}, which is not in [readings]")
    if unused := [name for name in table if name not in used]:
        raise ValueError(f"no clause belongs to the reading {unused[0]!r}")
    return dict(table)


def _clause(row: Any, unsaid: dict[str, dict[str, Any]]) -> Clause:
    """A clause, checked against what its measure needs; what follows from the measure is filled in."""
    if not isinstance(row, dict):
        raise ValueError("a clause is a table")
    where = f"clause {row.get('id', '?')}"
    known = Clause.__struct_fields__
    if unknown := sorted(set(row) - set(known)):
        raise ValueError(f"{where}: unknown key {unknown[0]!r}; known: {', '.join(known)}")
    for name in ("id", "measure"):
        if not isinstance(row.get(name), str):
            raise ValueError(f"{where}: {name} is missing")
    measure = MEASURES.get(row["measure"])
    if measure is None:
        raise ValueError(f"{where}: unknown measure {row['measure']!r}; known: {', '.join(MEASURES)}")
    try:
        _check_numbers(row)
        clause = msgspec.convert({**unsaid.get(measure.name, {}), **row}, Clause)
        _check_needs(clause, measure)
    except ValueError as error:
        raise ValueError(f"{where}: {error}") from None
    stated = {"vantage": measure.vantage, "speaks_of": measure.speaks_of}
    for name, value in stated.items():  # a contract may say it for its reader; it must agree
        if getattr(clause, name) not in ("", value):
            raise ValueError(f"{where}: {measure.name} has {name} {value!r}, not {getattr(clause, name)!r}")
    return msgspec.structs.replace(clause, **stated)


def _check_numbers(row: dict[str, Any]) -> None:
    for name in _NUMBERS:
        value = row.get(name, 0)
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise ValueError(f"{name} must be a number, not {value!r}")
    if (minimum := row.get("minimum", 1)) != int(minimum):
        raise ValueError(f"minimum is a count, not {minimum:g}")


def _check_needs(clause: Clause, measure: Measure) -> None:
    for group in (clause.group, clause.against):
        if group and group not in GROUPS:
            raise ValueError(f"unknown group {group!r}; known: {', '.join(GROUPS)}")
    for name in measure.needs:
        if not getattr(clause, name):
            article = "a " if name in ("group", "factor") else ""
            raise ValueError(f"{measure.name} needs {article}{name}")
    if measure.groups and clause.group not in measure.groups:
        known = " or ".join(repr(str(group)) for group in measure.groups)
        raise ValueError(f"{measure.name} is of the group {known}, not of {clause.group!r}")
    if clause.code and "code" not in measure.takes:
        raise ValueError(f"{measure.name} takes no code")
    if measure.whole_factor and clause.factor != int(clause.factor):
        raise ValueError(f"{measure.name} needs a whole factor, not {clause.factor:g}")
    if clause.rarest is not None and measure.speaks_of != SCENARIO:
        raise ValueError(f"{measure.name} counts this run, and asks nothing of others: it takes no rarest")
    both_or_none = (clause.at_least is None) == (clause.at_most is None)
    if measure.speaks_of == SCENARIO and both_or_none:
        raise ValueError(f"{measure.name} needs either at_least or at_most")
