"""How frozen dataclasses go from process to process."""

from __future__ import annotations

from dataclasses import fields
from typing import Any


def by_fields(value: Any) -> tuple[Any, ...]:
    """What the `__reduce__` of a frozen dataclass is to return: a compiled one would be unpickled by changing
    it."""
    return type(value), tuple(getattr(value, field.name) for field in fields(value))
