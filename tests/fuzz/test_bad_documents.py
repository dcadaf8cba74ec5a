"""Every number and text of the shipped documents, replaced by what no such document may hold: one line that
names the place, never anything else.

The documents are the shipped ones, so a new key is tried as soon as a shipped scenario uses it.
"""

from __future__ import annotations

import math
import os
import re
import tomllib
from collections.abc import Callable, Iterator
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest

from judging.contracts import ContractError, contract_names
from judging.contracts.contract import parse_contract
from loadgen.scenarios import scenario_names
from loadgen.scenarios.scenario import ScenarioError, parse_scenario
from run_records.bounds import is_plain
from tests.cli.support import fireexit, only_line
from tests.support import large

IMPOSSIBLE: tuple[Any, ...] = (math.nan, math.inf, -math.inf, 1e308, -1e308, 10**400)
"""No number of a document may be one of these."""
ODD: tuple[Any, ...] = (-1, 0, 0.5, 10**9, True, "", "x", "\N{SNOWMAN}", [], {}, [1], {"a": 1})
"""These may be right in one place and are wrong in another: whatever is said, it is said in one line."""
ACTING = ("\x1b[2J", "a\x07", "\u202egnp.exe", "x\ry", "\x00", "\x9b31m")
"""A terminal acts upon these."""
Path_ = tuple[Any, ...]


def places(value: Any, path: Path_ = ()) -> Iterator[tuple[Path_, Any]]:
    """Every leaf of a document, with the way to it."""
    if isinstance(value, dict):
        for key, item in value.items():
            yield from places(item, (*path, key))
    elif isinstance(value, list):
        for number, item in enumerate(value):
            yield from places(item, (*path, number))
    else:
        yield path, value


def toml(value: Any) -> str:
    """A value as an inline TOML value."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return (
            '"'
            + "".join(
                c if c.isascii() and c.isprintable() and c not in '"\\' else f"\\U{ord(c):08x}" for c in value
            )
            + '"'
        )
    if isinstance(value, list):
        return "[" + ", ".join(map(toml, value)) + "]"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{toml(str(key))} = {toml(item)}" for key, item in value.items()) + "}"
    return repr(value)


def document(row: dict[str, Any]) -> str:
    return "\n".join(f"{toml(key)} = {toml(value)}" for key, value in row.items())


def replaced(row: Any, path: Path_, value: Any) -> Any:
    if not path:
        return value
    if isinstance(row, dict):
        return {key: replaced(item, path[1:], value) if key == path[0] else item for key, item in row.items()}
    return [replaced(item, path[1:], value) if number == path[0] else item for number, item in enumerate(row)]


def complaint(parse: Callable[[str], Any], text: str) -> str | None:
    """What is said of a document; None if it is taken. Anything but the two errors fails the test."""
    try:
        parse(text)
    except (ScenarioError, ContractError) as error:
        return str(error)
    return None


SHIPPED = [
    *(("loadgen.scenarios", name) for name in scenario_names()),
    *(("judging.contracts", name) for name in contract_names()),
]
MOST_PLACES = 80
"""Of one document, evenly spread: a path of prices has hundreds of like points."""
QUICK = ("mixed", "strict")


def parser_of(package: str) -> Callable[[str], Any]:
    if package == "judging.contracts":
        return lambda text: parse_contract(text, "mine.toml")
    return lambda text: parse_scenario(text, "mine.toml")


@pytest.mark.parametrize(
    ("package", "name"),
    [*(one for one in SHIPPED if one[1] in QUICK), *large(*(one for one in SHIPPED if one[1] not in QUICK))],
)
def test_every_place_refuses_what_it_cannot_hold(package: str, name: str) -> None:
    row = tomllib.loads(files(package).joinpath(f"{name}.toml").read_text(encoding="utf-8"))
    parse = parser_of(package)
    assert complaint(parse, document(row)) is None, "the document itself"
    tried = 0
    leaves = list(places(row))
    for path, value in leaves[:: 1 + len(leaves) // MOST_PLACES]:
        if path[0] == "parameters" and path[-1] in ("source", "why"):
            continue
        number = isinstance(value, int | float) and not isinstance(value, bool)
        must = IMPOSSIBLE if number else ACTING
        for bad in (*must, *ODD):
            said = complaint(parse, document(replaced(row, path, bad)))
            if said is None:
                assert not any(bad is one for one in must), (path, bad)
            else:
                assert is_plain(said), (path, bad, said)
                assert "\n" not in said, (path, bad, said)
                assert len(said) < 600, (path, bad, said)
            tried += 1
    assert tried > 100


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a = " + "[" * 5_000 + "]" * 5_000, "nested too deep"),
        ("a." * 3_000 + "b = 1", "nested"),
        (
            "schema = 'fireexit.scenario/1'\nduration_s = 0x" + "f" * 6_000,
            "duration_s must be from 0 to 86400",
        ),
        ("\x00", "not valid TOML"),
    ],
)
def test_texts_that_are_no_documents(text: str, words: str) -> None:
    said = complaint(parser_of("loadgen.scenarios"), text)
    assert said is not None
    assert words in said
    assert complaint(parser_of("judging.contracts"), text) is not None


@pytest.mark.parametrize(
    ("option", "name", "text"),
    [
        ("--scenario", "s.toml", 'extends = "mixed"\nduration_s = inf'),
        ("--scenario", "s.toml", 'extends = "mixed"\nname = "\\u001b[2J"'),
        ("--contract", "c.toml", "clauses = 5"),
        ("--contract", "c.toml", '[clauses]\nid = "a"'),
    ],
)
def test_a_command_says_it_in_one_line(option: str, name: str, text: str, tmp_path: Path) -> None:
    (tmp_path / name).write_text(text, encoding="utf-8")
    result = fireexit("check", "--mode", "sim", "--seed", "1", option, name, cwd=tmp_path)
    assert result.returncode == 2
    assert name in only_line(result.stderr)
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f]", result.stderr + result.stdout)
    assert [path.name for path in tmp_path.iterdir()] == [name], "nothing has been run"


def test_a_pipe_is_no_document(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "s.toml")
    for option in ("--scenario", "--contract"):
        result = fireexit("check", "--mode", "sim", option, "s.toml", cwd=tmp_path, timeout=20)
        assert result.returncode == 2
        assert "not a regular file" in only_line(result.stderr)
