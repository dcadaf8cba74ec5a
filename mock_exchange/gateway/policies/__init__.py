"""Admission policies, one file each, and the one list of their names."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from typing import Any

from mock_exchange.gateway.policies.base import ADMIT, EVICT, SHED, Policy

NAMES = {
    "none": "mock_exchange.gateway.policies.none:AdmitAll",
    "undifferentiated": "mock_exchange.gateway.policies.undifferentiated:Undifferentiated",
    "exempt": "mock_exchange.gateway.policies.exempt:Exempt",
    "reserved": "mock_exchange.gateway.policies.reserved:Reserved",
    "strict-priority": "mock_exchange.gateway.policies.strict_priority:StrictPriority",
}


class UnknownPolicyError(ValueError):
    """No policy of that name, or it cannot be loaded; the message says why in one line."""


def load_policy(name: str, parameters: dict[str, Any] | None = None) -> Policy:
    """A fresh policy by listed name or `module:Class`. `parameters` are its keyword arguments."""
    target = NAMES.get(name, name)
    module_name, colon, class_name = target.partition(":")
    if not colon:
        raise UnknownPolicyError(f"unknown policy {name!r}; known: {', '.join(NAMES)}, or give module:Class")
    if name not in NAMES and (here := str(Path.cwd())) not in sys.path:
        sys.path.insert(0, here)  # a user's module lies where the user stands
    try:
        factory = getattr(importlib.import_module(module_name), class_name)
    except Exception as error:
        raise UnknownPolicyError(f"policy {name!r} cannot be loaded: {error}") from None
    try:
        policy = factory(**(parameters or {}))
    except (TypeError, ValueError) as error:
        raise UnknownPolicyError(f"policy {name!r} refused its parameters: {error}") from None
    if not isinstance(policy, Policy):
        raise UnknownPolicyError(f"policy {name!r} lacks admit() or priority()")
    return policy


def describe() -> list[tuple[str, str]]:
    """(name, first sentence of its file) of every listed policy."""
    lines = []
    for name, target in NAMES.items():
        module = importlib.import_module(target.partition(":")[0])
        text = " ".join((module.__doc__ or "").split("\n\n")[0].split())
        lines.append((name, text.partition(": ")[2]))
    return lines


__all__ = ["ADMIT", "EVICT", "NAMES", "SHED", "Policy", "UnknownPolicyError", "describe", "load_policy"]
