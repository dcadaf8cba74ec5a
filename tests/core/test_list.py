"""What pyproject.toml lists for compiling."""

from __future__ import annotations

import ast
import tomllib

from tests.house.arrows import ROOT
from tools.compiling import listed

CORE = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["fireexit"]["core"]


def structs_in(module: str) -> list[str]:
    """The classes of a module that are msgspec structs, as far as their bases say so."""
    tree = ast.parse((ROOT / module).read_text(encoding="utf-8"))
    return [
        node.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ClassDef) and any("Struct" in ast.unparse(base) for base in node.bases)
    ]


def test_no_struct_is_compiled() -> None:
    """mypyc drops their options without a word."""
    assert {module: structs_in(module) for module in listed() if structs_in(module)} == {}


def test_what_is_left_out_is_there_and_says_the_truth() -> None:
    for module, reason in CORE["interpreted"].items():
        assert (ROOT / module).is_file()
        assert not reason.endswith("structs") or structs_in(module), module


def test_every_place_is_there_and_no_package_is_compiled() -> None:
    for place in CORE["compiled"]:
        assert list(ROOT.glob(place)), place
    assert not [module for module in listed() if module.endswith("__init__.py")]
