"""JSON schemas (draft 2020-12) of the documents in a run's directory, named like the files."""

from __future__ import annotations

from importlib.resources import files

NAMES = ("verdict", "report", "run", "manifest")


def schema_text(name: str) -> str:
    """The schema of `<name>.json`. Raises KeyError."""
    if name not in NAMES:
        raise KeyError(name)
    return files("loadgen.schemas").joinpath(f"{name}.json").read_text(encoding="utf-8")
