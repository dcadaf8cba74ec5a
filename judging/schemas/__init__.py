"""JSON schemas (draft 2020-12) of the documents in a run's directory, named like the files.

Those of the small typed documents are made from their types; the others are files beside this one.
"""

from __future__ import annotations

from importlib.resources import files
from typing import Any

import msgspec
import orjson

from run_records.goals import Goals
from run_records.machine import Machine
from run_records.schemas import schema_name
from run_records.terms import Terms

_TYPED: dict[str, type[msgspec.Struct]] = {"terms": Terms, "goals": Goals, "machine": Machine}
NAMES = ("verdict", "report", "run", "manifest", *_TYPED)


def schema_text(name: str) -> str:
    """The schema of `<name>.json`. Raises KeyError."""
    if name in _TYPED:
        return orjson.dumps(_typed(name), option=orjson.OPT_INDENT_2).decode() + "\n"
    if name not in NAMES:
        raise KeyError(name)
    return files(__package__).joinpath(f"{name}.json").read_text(encoding="utf-8")


def _typed(name: str) -> dict[str, Any]:
    kind = _TYPED[name]
    (found,), definitions = msgspec.json.schema_components([kind], ref_template="#/$defs/{name}")
    own = definitions.pop(found["$ref"].rpartition("/")[2])
    own["properties"] = {"schema": {"const": schema_name(name)}, **own["properties"]}
    own["required"] = ["schema", *own.get("required", ())]
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": f"{name}.json of a fireexit run",
        **{key: value for key, value in own.items() if key != "title"},
        "$defs": definitions,
    }
