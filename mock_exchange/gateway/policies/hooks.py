"""The methods by which a gateway speaks with its policy, and the check that a policy has no others.

| method | called |
| --- | --- |
| `admit(request, node) -> Decision` | for each request; the only one that a policy must have |
| `attach(world)` | once, before anything else |
| `admitted(request, note)` | it has its slot now |
| `done(request, note, end)` | it was answered, its slot is free |
| `keep(request, note, turn) -> bool` | its turn in the engine has come: False sheds it with -1008 instead |
| `rank(request, note) -> int` | it begins to wait: its place among those of its priority, the least goes
first | | `victim(request, node) -> int or None` | `admit` said evict: the number of the waiting attempt to
shed | | `gauges()` | whenever somebody watches: thresholds by name |

`note` is the one of the policy's decision, or None: also for attempts that another policy let in.
"""

from __future__ import annotations

import inspect
from typing import Protocol, runtime_checkable

from mock_exchange.gateway.policies.messages import ASKS, Decision, NodeView, Request

HOOKS: dict[str, tuple[str, ...]] = {
    "admit": ("request", "node"),
    "attach": ("world",),
    "admitted": ("request", "note"),
    "done": ("request", "note", "end"),
    "keep": ("request", "note", "turn"),
    "rank": ("request", "note"),
    "victim": ("request", "node"),
    "gauges": (),
}


@runtime_checkable
class Policy(Protocol):
    """Decides who gets a slot, and in which order the engine's queue is served. `asks` (a tuple of names,
    none if it is left out) are the fields of `NodeView` that it wants worked out."""

    def admit(self, request: Request, node: NodeView) -> Decision: ...


def fault_of(policy: object) -> str:
    """What is wrong with a policy's methods, in one line; empty if nothing is. Every public method must be a
    hook, so that a misspelt one is not silently left out."""
    if not isinstance(policy, Policy):
        return "lacks admit()"
    for name, _ in inspect.getmembers(type(policy), callable):
        if name.startswith("_"):
            continue
        if name == "priority":
            return "has a method priority(): a priority is a part of the Decision that admit() returns"
        if name not in HOOKS:
            known = ", ".join(HOOKS)
            return f"has a method {name}(), which no gateway calls; known: {known}; yours begin with _"
        try:
            inspect.signature(getattr(policy, name)).bind(*HOOKS[name])
        except TypeError:
            return f"has a method {name}() that does not take ({', '.join(HOOKS[name])})"
    asks = getattr(policy, "asks", ())
    if not isinstance(asks, tuple) or any(name not in ASKS for name in asks):
        return f"asks must be a tuple of {', '.join(ASKS)}, not {asks!r}"
    return ""
