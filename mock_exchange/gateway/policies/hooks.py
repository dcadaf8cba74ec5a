"""The methods by which a gateway speaks with its policy, and the check that a policy has no others.

- `admit(request, node) -> Decision`: for each request; the only one that a policy must have.
- `attach(world)`: once, before anything else.
- `admitted(request, note)`: it has its slot now.
- `done(request, note, end)`: it was answered, its slot is free.
- `rank(request, note, answered) -> int`: it begins to wait for the engine: its place among those of its
  priority, the least goes first. `answered` if its client has had an answer of unknown fate already.
- `keep(request, note, turn) -> bool`: its turn in the engine has come: False sheds it with -1008 instead.
- `victim(request, node) -> int | None`: `admit` said evict: the number of the waiting attempt to shed. Nobody
  is evicted who has been answered, or who waits on another node.
- `gauges() -> dict`: whenever somebody watches: thresholds by name.

`note` is the one of the policy's decision, or None: also for attempts that another policy let in.
"""

from __future__ import annotations

import inspect
from pathlib import Path
from traceback import extract_tb
from typing import Protocol, runtime_checkable

from mock_exchange.gateway.policies.messages import ASKS, Decision, NodeView, Request

HOOKS: dict[str, tuple[str, ...]] = {
    "admit": ("request", "node"),
    "attach": ("world",),
    "admitted": ("request", "note"),
    "done": ("request", "note", "end"),
    "keep": ("request", "note", "turn"),
    "rank": ("request", "note", "answered"),
    "victim": ("request", "node"),
    "gauges": (),
}


_LONGEST_REASON = 200


class PolicyError(Exception):
    """A policy failed, or answered what no gateway can act on; the message says what, in one line."""


class PolicyFailedError(Exception):
    """A policy has failed in a simulation; the message names it, and says how."""


@runtime_checkable
class Policy(Protocol):
    """Decides who gets a slot, and in which order the engine's queue is served. `asks` (a tuple of names,
    none if it is left out) are the fields of `NodeView` that it wants worked out."""

    def admit(self, request: Request, node: NodeView) -> Decision: ...


def fault_of(policy: object) -> str:
    """What is wrong with a policy's methods, in one line; empty if nothing is. Every public method must be a
    hook, so that a misspelt one is not silently left out."""
    try:
        return _fault_of(policy)
    except Exception as error:
        return f"cannot be looked at: {type(error).__name__}: {error}"


def _fault_of(policy: object) -> str:
    if not callable(getattr(policy, "admit", None)):
        return "lacks admit()"
    if inspect.isclass(policy):
        return "is a class; give an instance of it"
    methods = {name for name, _ in inspect.getmembers(type(policy), inspect.isroutine)}
    methods |= {name for name, value in getattr(policy, "__dict__", {}).items() if inspect.isroutine(value)}
    known = ", ".join(HOOKS)
    for name in sorted(methods):
        if name == "priority":
            return "has a method priority(): a priority is a part of the Decision that admit() returns"
        if not name.startswith("_") and name not in HOOKS:
            return f"has a method {name}(), which no gateway calls; known: {known}; yours begin with _"
    for name, messages in HOOKS.items():
        if (hook := getattr(policy, name, None)) is None:
            continue
        if not callable(hook):
            return f"has {name}, which must be a method"
        if inspect.iscoroutinefunction(hook) or inspect.isgeneratorfunction(hook):
            return f"has a method {name}() that must be a plain function: no async, no yield"
        try:
            inspect.signature(hook).bind(*messages)
        except TypeError:
            return f"has a method {name}() that does not take ({', '.join(messages)})"
    asks = getattr(policy, "asks", ())
    if not isinstance(asks, tuple) or any(asks.count(name) > 1 or name not in [*ASKS] for name in asks):
        return f"asks must be a tuple of {', '.join(ASKS)}, not {asks!r}"
    return ""


def failure_of(hook: str, error: BaseException) -> str:
    """What a policy's hook has raised, as one line that says where."""
    reason = " ".join(str(error).split())[:_LONGEST_REASON]
    if isinstance(error, AttributeError) and error.name in ASKS:
        reason += f"; list {error.name!r} in `asks`"
    frames = extract_tb(error.__traceback__)
    where = f" ({Path(frames[-1].filename).name}, line {frames[-1].lineno})" if len(frames) > 1 else ""
    return f"{hook}() raised {type(error).__name__}: {reason}{where}"
