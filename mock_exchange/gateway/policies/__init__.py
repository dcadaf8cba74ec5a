"""Admission policies, one file each, and the one door to them: `load_policy`.

A shipped policy runs in the exchange's own process. Any other runs in a process of its own (`apart`), unless
whoever starts the run trusts it. What a name says of that is `Named`.
"""

from __future__ import annotations

import importlib
from types import ModuleType
from typing import Any

from mock_exchange.gateway.policies.hooks import Policy
from mock_exchange.gateway.policies.loading import NAMES, CannotLoadError, added, is_class, make
from mock_exchange.gateway.policies.named import Named
from run_records.bounds import made_plain
from run_records.run import APART, CONFINED, SHIPPED, TRUSTED


class UnknownPolicyError(ValueError):
    """No policy of that name, or it cannot be loaded; the message says why in one line."""


def load_policy(name: str, parameters: dict[str, Any] | None = None) -> Policy:
    """A fresh policy by listed name, entry point, `module:Class`, path (`mine.py`, `mine.py:Class`), or
    `pipe:COMMAND`; `trust:` before it keeps it in this process. `parameters` are what it is set to. Give it
    back with `close_policy`. Raises UnknownPolicyError."""
    named = Named(name)
    if named.is_trusted and Named(named.bare).is_command:
        raise UnknownPolicyError(f"policy {named.bare!r} always has a process of its own: leave trust: out")
    if not (named.is_shipped or named.command or is_class(named.bare) or _is_added(named.bare)):
        known = ", ".join([*NAMES, *(point.name for point in added())])
        raise UnknownPolicyError(
            f"unknown policy {named.bare!r}; known: {known}, or give module:Class, a .py file, pipe:COMMAND"
        )
    try:
        if named.is_trusted or named.is_shipped:
            return make(named.bare, parameters or {})
        from mock_exchange.gateway.policies.apart.process import start  # only where there is one to start

        return start(named, parameters or {})
    except CannotLoadError as error:
        raise UnknownPolicyError(f"policy {named.bare!r} {error}") from None


def close_policy(policy: Policy) -> None:
    """It will not be asked any more: its process ends, if it has one."""
    from mock_exchange.gateway.policies.apart.process import stop

    stop(policy)


def code_of(name: str) -> str:
    """Where the code of that policy runs on this machine, in the words of `run_records.run`."""
    named = Named(name)
    if named.is_shipped or named.is_trusted:
        return SHIPPED if named.is_shipped else TRUSTED
    from mock_exchange.gateway.policies.apart.process import is_confined

    return CONFINED if is_confined() else APART


def describe() -> list[tuple[str, str]]:
    """(name, first sentence of its file) of every listed policy; then of those that entry points add, whose
    code is not run for that, where they come from."""
    lines = [(name, _summary(importlib.import_module(at.partition(":")[0]))) for name, at in NAMES.items()]
    for point in added():
        package = "" if point.dist is None else f" of {point.dist.name} {point.dist.version}"
        lines.append((made_plain(point.name), made_plain(f"{point.value}{package}")))
    return lines


def _is_added(name: str) -> bool:
    return any(point.name == name for point in added())


def _summary(module: ModuleType) -> str:
    text = " ".join((module.__doc__ or "").split("\n\n")[0].split())
    return text.partition(": ")[2] or text


__all__ = [
    "NAMES",
    "Named",
    "Policy",
    "UnknownPolicyError",
    "close_policy",
    "code_of",
    "describe",
    "load_policy",
]
