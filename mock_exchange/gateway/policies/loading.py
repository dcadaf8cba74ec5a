"""From a name to the class of a policy: a listed one, `module:Class`, a file's path, or an entry point."""

from __future__ import annotations

import importlib
import importlib.util
import sys
from collections.abc import Callable
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from typing import Any

from mock_exchange.gateway.policies.hooks import Policy, fault_of

ENTRY_POINTS = "fireexit.policies"
_HERE = __name__.rpartition(".")[0]  # an installed fireexit has this package inside its own
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
    "fire-exit": f"{_HERE}.fire_exit:FireExit",
    "budgeted-lane": f"{_HERE}.budgeted_lane:BudgetedLane",
    "inverted": f"{_HERE}.inverted:Inverted",
    "privileged": f"{_HERE}.privileged:Privileged",
}


class CannotLoadError(ValueError):
    """Why there is no policy of that name; the end of a sentence that begins with the name."""


def make(name: str, parameters: dict[str, Any]) -> Policy:
    """A fresh policy in this process. `parameters` are its keyword arguments. Raises CannotLoadError."""
    factory = _factory(name)
    try:
        policy = factory(**parameters)
    except (Exception, SystemExit, GeneratorExit) as error:
        raise CannotLoadError(f"refused its parameters: {_reason(error)}") from None
    if fault := fault_of(policy):
        raise CannotLoadError(fault)
    return policy  # type: ignore[no-any-return]  # fault_of has looked


def added() -> list[EntryPoint]:
    """The policies that other packages have put on the list."""
    return sorted(entry_points(group=ENTRY_POINTS), key=lambda point: point.name)


def is_file(name: str) -> bool:
    """Whether a policy is named by a path, not by a name or a module."""
    return "/" in name or name.partition(":")[0].endswith(".py")


def split_file(name: str) -> tuple[Path, str]:
    """The file and the class of `mine.py:Mine`; no class where none is named."""
    path, colon, class_name = name.partition(".py:")
    return Path(f"{path}.py" if colon else path), class_name


def is_class(name: str) -> bool:
    """Whether it is named as a file or as `module:Class`."""
    return is_file(name) or ":" in name


def _factory(name: str) -> Callable[..., Any]:
    try:
        if name in NAMES:
            return _attribute(*NAMES[name].split(":"))
        file, class_name = split_file(name)
        if name.endswith(".py") or class_name:
            return _of_file(file, class_name)
        if is_file(name):
            raise ValueError("it is no .py file")
        module_name, colon, class_name = name.partition(":")
        if colon:
            if (here := str(Path.cwd())) not in sys.path:
                sys.path.insert(0, here)  # a user's module lies where the user stands
            return _attribute(module_name, class_name)
        return next(point for point in added() if point.name == name).load()  # type: ignore[no-any-return]
    except (Exception, SystemExit, GeneratorExit) as error:
        raise CannotLoadError(f"cannot be loaded: {_reason(error)}") from None


def _reason(error: BaseException) -> str:
    return " ".join(str(error).split()) or type(error).__name__


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
