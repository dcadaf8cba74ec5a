"""Admission policies, one file each, and the one list of their names.

Others join the list by an entry point of the group `fireexit.policies`, or are named as `module:Class` or
by the path of a file.
"""

from __future__ import annotations

import importlib
import importlib.util
import sys
from collections.abc import Callable
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from types import ModuleType
from typing import Any

from mock_exchange.gateway.policies.hooks import Policy, fault_of

ENTRY_POINTS = "fireexit.policies"
_HERE = __name__  # an installed fireexit has this package inside its own
NAMES = {
    "none": f"{_HERE}.none:AdmitAll",
    "undifferentiated": f"{_HERE}.undifferentiated:Undifferentiated",
    "exempt": f"{_HERE}.exempt:Exempt",
    "verified-exempt": f"{_HERE}.verified_exempt:VerifiedExempt",
    "reserved": f"{_HERE}.reserved:Reserved",
    "strict-priority": f"{_HERE}.strict_priority:StrictPriority",
    "partitions": f"{_HERE}.partitions:Partitions",
    "fair": f"{_HERE}.fair:Fair",
    "codel": f"{_HERE}.codel:CoDel",
    "dagor": f"{_HERE}.dagor:Dagor",
    "adaptive": f"{_HERE}.adaptive:Adaptive",
    "budgeted-lane": f"{_HERE}.budgeted_lane:BudgetedLane",
    "inverted": f"{_HERE}.inverted:Inverted",
    "privileged": f"{_HERE}.privileged:Privileged",
}


class UnknownPolicyError(ValueError):
    """No policy of that name, or it cannot be loaded; the message says why in one line."""


def load_policy(name: str, parameters: dict[str, Any] | None = None) -> Policy:
    """A fresh policy by listed name, entry point, `module:Class`, or path (`mine.py`, `mine.py:Class`).
    `parameters` are its keyword arguments. Raises UnknownPolicyError."""
    factory = _factory(name)
    try:
        policy = factory(**(parameters or {}))
    except (Exception, SystemExit, GeneratorExit) as error:
        reason = " ".join(str(error).split()) or type(error).__name__
        raise UnknownPolicyError(f"policy {name!r} refused its parameters: {reason}") from None
    if fault := fault_of(policy):
        raise UnknownPolicyError(f"policy {name!r} {fault}")
    return policy  # type: ignore[no-any-return]  # fault_of has looked


def describe() -> list[tuple[str, str]]:
    """(name, first sentence of its file) of every listed policy, then of those that entry points add."""
    lines = []
    for name, target in NAMES.items():
        lines.append((name, _summary(importlib.import_module(target.partition(":")[0]))))
    for point in _added():
        try:
            summary = _summary(sys.modules[point.load().__module__])
        except Exception as error:  # somebody else's package is broken; the list goes on
            summary = f"cannot be loaded: {error}"
        lines.append((point.name, summary))
    return lines


def _added() -> list[EntryPoint]:
    return sorted(entry_points(group=ENTRY_POINTS), key=lambda point: point.name)


def _summary(module: ModuleType) -> str:
    text = " ".join((module.__doc__ or "").split("\n\n")[0].split())
    return text.partition(": ")[2] or text


def _factory(name: str) -> Callable[..., Any]:
    try:
        if name in NAMES:
            return _attribute(*NAMES[name].split(":"))
        path, _, class_name = name.partition(".py:") if ".py:" in name else (name, "", "")
        if path.endswith(".py") or class_name:
            return _of_file(Path(path if path.endswith(".py") else f"{path}.py"), class_name)
        module_name, colon, class_name = name.partition(":")
        if colon:
            if (here := str(Path.cwd())) not in sys.path:
                sys.path.insert(0, here)  # a user's module lies where the user stands
            return _attribute(module_name, class_name)
        for point in _added():
            if point.name == name:
                return point.load()  # type: ignore[no-any-return]
    except (Exception, SystemExit, GeneratorExit) as error:
        reason = " ".join(str(error).split()) or type(error).__name__
        raise UnknownPolicyError(f"policy {name!r} cannot be loaded: {reason}") from None
    known = ", ".join([*NAMES, *(point.name for point in _added())])
    raise UnknownPolicyError(f"unknown policy {name!r}; known: {known}, or give module:Class or a .py file")


def _attribute(module_name: str, class_name: str) -> Callable[..., Any]:
    return getattr(importlib.import_module(module_name), class_name)  # type: ignore[no-any-return]


def _of_file(path: Path, class_name: str) -> Callable[..., Any]:
    """The named class of a file, or its only class with admit()."""
    if not path.is_file():
        raise ValueError(f"there is no file {path}")
    spec = importlib.util.spec_from_file_location(f"_policy_file_{path.stem}", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[module.__name__] = module
    spec.loader.exec_module(module)
    if class_name:
        return getattr(module, class_name)  # type: ignore[no-any-return]
    found = [
        value
        for value in vars(module).values()
        if isinstance(value, type)
        and value.__module__ == module.__name__
        and hasattr(value, "admit")
        and not value.__name__.startswith("_")
    ]
    if len(found) != 1:
        names = ", ".join(cls.__name__ for cls in found) or "none"
        raise ValueError(f"{path.name} must have one class with admit(), it has: {names}")
    return found[0]


__all__ = ["NAMES", "Policy", "UnknownPolicyError", "describe", "load_policy"]
