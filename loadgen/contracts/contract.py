"""Reading a contract file: strict about keys, clear about mistakes."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, field, fields, replace
from importlib.resources import files
from pathlib import Path
from typing import Any

from loadgen.verdict.sample import EXITING, FEIGNED, GROUPS, REDUCING, TRULY_REDUCING

SCHEMA = "fireexit.contract/1"
NEVER_MEASURES = ("throttled", "refused-yet-executed", "refused-yet-counted", "over-hard-cap")
"""Counts over the run itself (a census): one counter-example breaks the clause."""
SHARE_MEASURES = ("accepted-share", "opening-refused", "excess-demand")
MEASURES = (
    *NEVER_MEASURES, *SHARE_MEASURES, "refusal-gap", "served-within", "leak", "parity", "starved-moments",
    "goodput", "recovered", "ahead-in-queue", "unhurried",
)  # fmt: skip
"""What each measures is said where it is measured: `loadgen/verdict/measures.py`."""
JOURNAL_MEASURES = frozenset(
    ("refused-yet-executed", "refused-yet-counted", "over-hard-cap", "excess-demand", "served-within", "leak",
     "parity", "goodput", "ahead-in-queue", "unhurried")
)  # fmt: skip
VANTAGES = {
    "over-hard-cap": "gateway", "throttled": "client", "refused-yet-executed": "client and engine",
    "refused-yet-counted": "client and gateway", "accepted-share": "client", "opening-refused": "client",
    "excess-demand": "client", "refusal-gap": "client", "served-within": "engine", "leak": "gateway",
    "parity": "client", "starved-moments": "client", "goodput": "engine", "recovered": "client",
    "ahead-in-queue": "engine", "unhurried": "gateway",
}  # fmt: skip
"""Where each is counted."""
_ONLY_GROUP = {"ahead-in-queue": REDUCING, "unhurried": EXITING}
RUN, SCENARIO = "run", "scenario"
"""What a clause speaks of: this run, counted completely, or what the scenario yields over repetitions."""
JOURNAL_GROUPS = frozenset((TRULY_REDUCING, EXITING, FEIGNED))


class ContractError(ValueError):
    """A contract that cannot be used; the message is one line for the user."""


@dataclass(frozen=True, slots=True)
class Clause:
    """One requirement: a measure of a group, a threshold, and the least sample that may decide it."""

    id: str
    measure: str
    group: str = ""
    against: str = ""
    factor: float = 0.0
    seconds: float = 0.0
    at_least: float | None = None
    at_most: float | None = None
    minimum: int = 100
    vantage: str = ""
    speaks_of: str = ""
    reading: str = ""
    """One of the contract's readings, if the clause belongs to one way to understand the promise."""

    def __post_init__(self) -> None:
        if self.measure not in MEASURES:
            raise ValueError(f"unknown measure {self.measure!r}; known: {', '.join(MEASURES)}")
        for group in (self.group, self.against):
            if group and group not in GROUPS:
                raise ValueError(f"unknown group {group!r}; known: {', '.join(GROUPS)}")
        self._settle("vantage", VANTAGES[self.measure])
        self._settle("speaks_of", RUN if self.measure in NEVER_MEASURES else SCENARIO)
        for name in ("factor", "seconds", "at_least", "at_most", "minimum"):
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, int | float | None):
                raise ValueError(f"{name} must be a number, not {value!r}")
        for name in ("at_least", "at_most"):
            if not -1 <= (getattr(self, name) or 0) <= 1:
                raise ValueError(f"{name} is a share or a difference of shares, not {getattr(self, name):g}")
        if self.minimum < 0 or self.minimum != int(self.minimum):
            raise ValueError(f"minimum is a count, not {self.minimum:g}")
        if self.measure in ("throttled", "accepted-share", "refusal-gap") and not self.group:
            raise ValueError(f"{self.measure} needs a group")
        if self.measure == "refusal-gap" and not self.against:
            raise ValueError("refusal-gap needs against")
        if self.measure == "served-within" and self.seconds <= 0:
            raise ValueError("served-within needs seconds")
        if self.measure in ("parity", "over-hard-cap", "unhurried") and self.factor <= 0:
            raise ValueError(f"{self.measure} needs a factor")
        if (only := _ONLY_GROUP.get(self.measure)) and self.group != only:
            raise ValueError(f"{self.measure} is of the group {only!r}, not of {self.group!r}")
        if self.measure == "unhurried" and self.factor != int(self.factor):
            raise ValueError(f"unhurried needs a whole factor, not {self.factor:g}")
        if self.measure not in NEVER_MEASURES and (self.at_least is None) == (self.at_most is None):
            raise ValueError(f"{self.measure} needs either at_least or at_most")

    def _settle(self, name: str, value: str) -> None:
        """A contract may say it for its reader; it follows from the measure, and must agree."""
        stated = getattr(self, name)
        if stated not in ("", value):
            raise ValueError(f"{self.measure} has {name} {value!r}, not {stated!r}")
        object.__setattr__(self, name, value)

    @property
    def needs_journal(self) -> bool:
        """Whether a client alone cannot tell: the exchange has to say what it did, or what it can do."""
        return self.measure in JOURNAL_MEASURES or bool(JOURNAL_GROUPS & {self.group, self.against})

    @property
    def is_census(self) -> bool:
        return self.speaks_of == RUN


@dataclass(frozen=True, slots=True)
class Contract:
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
    folder = files("loadgen.contracts")
    return sorted(f.name.removesuffix(".toml") for f in folder.iterdir() if f.name.endswith(".toml"))


def load_contract(name: str) -> Contract:
    """A shipped contract by name, or a file by path. Raises ContractError."""
    if name in contract_names():
        text = files("loadgen.contracts").joinpath(f"{name}.toml").read_text(encoding="utf-8")
    elif name.endswith(".toml"):
        try:
            text = Path(name).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            reason = error.strerror if isinstance(error, OSError) else "not UTF-8 text"
            raise ContractError(f"cannot read contract {name}: {reason}") from None
    else:
        raise ContractError(
            f"unknown contract {name!r}; known: {', '.join(contract_names())}, or give a .toml file"
        )
    return parse_contract(text, name)


def parse_contract(text: str, name: str) -> Contract:
    """A contract from TOML text; `name` is for error messages. Raises ContractError."""
    try:
        return replace(_contract(tomllib.loads(text)), source=text)
    except tomllib.TOMLDecodeError as error:
        raise ContractError(f"contract {name} is not valid TOML: {error}") from None
    except (ValueError, TypeError) as error:
        raise ContractError(f"contract {name}: {error}") from None


def _contract(row: dict[str, Any]) -> Contract:
    if row.get("schema") != SCHEMA:
        raise ValueError(f"schema must be {SCHEMA!r}, not {row.get('schema')!r}")
    for name in ("name", "summary", "precondition", "clauses"):
        if not row.get(name):
            raise ValueError(f"{name} is missing")
    confidence = row.get("confidence", 0.95)
    if not isinstance(confidence, float) or not 0.5 <= confidence < 1:
        raise ValueError(f"confidence must be from 0.5 to below 1, not {confidence!r}")
    clauses = tuple(_clause(clause) for clause in row["clauses"])
    ids = [clause.id for clause in clauses]
    if twice := [name for name in ids if ids.count(name) > 1]:
        raise ValueError(f"clause {twice[0]} is there twice")
    readings = _readings(row.get("readings", {}), clauses)
    precondition = _clause({"id": "overload", **row["precondition"]})
    if precondition.measure not in SHARE_MEASURES or precondition.at_least is None:
        raise ValueError(f"the precondition needs at_least and one of {', '.join(SHARE_MEASURES)}")
    return Contract(row["name"], row["summary"], confidence, precondition, clauses, readings)


def _readings(table: Any, clauses: tuple[Clause, ...]) -> dict[str, str]:
    if not isinstance(table, dict) or not all(isinstance(text, str) for text in table.values()):
        raise ValueError("readings must be a table of names and what each means")
    used = {clause.reading for clause in clauses if clause.reading}
    if unknown := sorted(used - set(table)):
        raise ValueError(f"clauses belong to the reading {unknown[0]!r}, which is not in [readings]")
    if unused := [name for name in table if name not in used]:
        raise ValueError(f"no clause belongs to the reading {unused[0]!r}")
    return dict(table)


def _clause(row: dict[str, Any]) -> Clause:
    known = {one.name: one for one in fields(Clause)}
    if unknown := sorted(set(row) - set(known)):
        raise ValueError(f"clause {row.get('id', '?')}: unknown key {unknown[0]!r}")
    missing = [name for name, one in known.items() if name not in row and one.default is MISSING]
    if missing:
        raise ValueError(f"clause {row.get('id', '?')}: {missing[0]} is missing")
    return Clause(**row)
