"""What pyproject.toml lists for compiling."""

from __future__ import annotations

import ast
import copy
import dataclasses
import importlib
import pickle
import tomllib

from mock_exchange.engine.symbols import symbols
from mock_exchange.errors import Refused
from mock_exchange.gateway.config import GatewayConfig
from mock_exchange.gateway.limits import TooMany
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


STAY = {"Credential", "ErrorSpec", "Param", "Parts", "Route"}
"""What never leaves its process."""


def test_frozen_values_say_how_they_travel() -> None:
    """Compiled, they would be put together by changing them, which they do not allow."""
    found = set()
    for module in listed():
        for value in vars(importlib.import_module(module.removesuffix(".py").replace("/", "."))).values():
            if (
                dataclasses.is_dataclass(value)
                and isinstance(value, type)
                and value.__module__.endswith(module.removesuffix(".py").replace("/", "."))
            ):
                frozen = value.__dataclass_params__.frozen  # type: ignore[attr-defined]
                if frozen and "__reduce__" not in value.__dict__:
                    found.add(value.__name__)
    assert found == STAY


def test_values_and_refusals_travel() -> None:
    config = GatewayConfig.from_dict({"slots": 3, "lying_share": 1})
    for travelled in (copy.copy(config), pickle.loads(pickle.dumps(config))):
        assert travelled == config
    symbol = symbols()["BTCUSDT"]
    assert pickle.loads(pickle.dumps(symbol)) is symbol
    assert copy.copy(symbol.brackets[0]) == symbol.brackets[0]
    for refusal in (Refused(-1, "a", variant=3), TooMany(-1003, 5, http=418, retry_after=3)):
        again = pickle.loads(pickle.dumps(refusal))
        assert (type(again), again.args, str(again)) == (type(refusal), refusal.args, str(refusal))
        for name in ("code", "arguments", "variant", "http", "retry_after", "stage", "cause"):
            assert getattr(again, name) == getattr(refusal, name), name


def test_a_whole_number_in_the_place_of_a_share_is_written_alike() -> None:
    """A compiled field that is declared as a float makes one of it."""
    shares = [
        GatewayConfig.from_dict({"lying_share": share}).to_dict()["lying_share"] for share in (0, 1, 0.5)
    ]
    assert [str(share) for share in shares] == ["0.0", "1.0", "0.5"]
