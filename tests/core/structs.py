"""Prints what each struct of the houses is by its options: a program, for plain and compiled houses."""

from __future__ import annotations

import importlib
import json
import pkgutil
import sys
from types import ModuleType

import msgspec

HOUSES = ("judging", "loadgen", "mock_exchange", "run_records")


def options(top: str) -> dict[str, str]:
    """By the name of the struct, as it is in a checkout."""
    for house in HOUSES:
        _import_all(importlib.import_module(top + house))
    return {
        f"{kind.__module__.removeprefix(top)}.{kind.__qualname__}": _shown(kind)
        for kind in _below(msgspec.Struct)
        if kind.__module__.removeprefix(top).startswith(HOUSES)
    }


def _import_all(package: ModuleType) -> None:
    for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
        if "__main__" not in found.name and "locust" not in found.name and ".webui" not in found.name:
            importlib.import_module(found.name)


def _below(kind: type) -> list[type]:
    found: list[type] = []
    below: type
    for below in kind.__subclasses__():
        found += [below, *_below(below)]
    return found


def _shown(kind: type) -> str:
    config = msgspec.structs.StructConfig
    held = kind.__struct_config__  # type: ignore[attr-defined]
    assert isinstance(held, config)
    names = ("frozen", "eq", "array_like", "gc", "forbid_unknown_fields", "tag", "tag_field")
    return " ".join(f"{name}={getattr(held, name)}" for name in names)


if __name__ == "__main__":
    json.dump(options(sys.argv[1] if len(sys.argv) > 1 else ""), sys.stdout, indent=1, sort_keys=True)
