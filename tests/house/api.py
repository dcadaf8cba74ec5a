"""The public API as a list of lines. `python -m tests.house.api > tests/house/api.txt` takes it anew; who
does so says in the changelog what changed."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from typing import Any

import fireexit
import fireexit.policy


def lines() -> Iterator[str]:
    """Every public name with its signature, and every public member of a class below it."""
    names = [(fireexit, name) for name in sorted(fireexit.__all__)]
    for module, name in [*names, *((fireexit.policy, name) for name in sorted(fireexit.policy.__all__))]:
        what = getattr(module, name)
        yield f"{module.__name__}.{name}{_signature(what)}"
        if not inspect.isclass(what):
            continue
        for member, value in sorted(vars(what).items()):
            if not member.startswith("_"):
                yield f"    .{member}{_signature(inspect.unwrap(value) if callable(value) else value)}"


def _signature(what: object) -> str:
    if inspect.isclass(what) and issubclass(what, Exception):
        return f": a {what.__mro__[1].__name__}"
    return str(inspect.signature(what)) if callable(what) and what is not Any else ""


if __name__ == "__main__":
    print("\n".join(lines()))
