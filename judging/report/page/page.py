"""The whole page: one file that needs nothing else, opens offline, and says where each figure comes from."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Sequence
from functools import cache
from hashlib import sha256
from importlib.resources import files
from typing import Any

import orjson
from jinja2 import Environment, FunctionLoader, StrictUndefined
from markupsafe import Markup

from judging.drawing.colours import palette
from judging.report.page import words
from judging.report.page.figures import COUNT, PLAIN, Documents, name
from judging.report.page.flow import flow
from judging.report.page.over_time import acceptance, code_mix
from judging.report.page.pictures import Table
from judging.report.page.rates import rates_view
from judging.report.page.single import latency, policies, strip
from run_records.words import OPENING, REDUCING

POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-{script}'; "
    "base-uri 'none'; form-action 'none'"
)
"""A browser that obeys it fetches and sends nothing for this page, and runs no other script than ours."""


def page(
    verdict: dict[str, Any],
    report: dict[str, Any],
    others: Sequence[dict[str, Any]] = (),
    beware: Sequence[str] = (),
) -> bytes:
    """HTML of a run's verdict and report documents; `others` are verdict documents to compare it with,
    `beware` what makes them hard to compare."""
    documents = Documents(verdict=verdict, report=report, compared=_compared(verdict, others))
    several = report["replications"] > 1
    whose = "the first replication" if several else "the run"
    script = _asset("script.js")
    run = verdict["run"]
    context = {
        "tab": f"fireexit: {verdict['result']}, {run['policy']} under {run['scenario']}",
        "policy": POLICY.format(script=b64encode(sha256(script.encode()).digest()).decode()),
        "style": Markup(palette() + _asset("style.css")),  # ours: nothing of a run is in it
        "script": Markup(script),
        "documents": Markup(orjson.dumps(documents.all).decode().replace("<", "\\u003c")),
        "banner": words.banner_view(documents),
        "short": words.short_view(documents),
        "clauses": words.clauses_view(documents),
        "rates": rates_view(documents),
        "over_time": [drawn for drawn in (acceptance(documents, whose), code_mix(documents, whose)) if drawn],
        "has_journal": report["first"]["reconciliation"] is not None,
        "flow": flow(documents, "all replications" if several else "the run"),
        "strip": strip(documents),
        "latency": latency(documents, whose),
        "policies": policies(documents, beware),
        "records": _records(documents),
        "whose": whose,
    }
    return _environment().get_template("page.html").render(context).encode()


@cache
def _environment() -> Environment:
    """Everything that is no markup of ours is escaped; a name that a template does not have is an error."""
    return Environment(
        loader=FunctionLoader(lambda file: _asset(f"templates/{file}")),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )


def _asset(file: str) -> str:
    return files(__package__).joinpath(file).read_text(encoding="utf-8")


def _compared(verdict: dict[str, Any], others: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    if not others:
        return []
    return [
        {
            "policy": document["run"]["policy"],
            "result": document["result"],
            **{
                str(klass): {
                    "attempts": document["classes"][klass]["attempts"],
                    "accepted": document["classes"][klass]["accepted"],
                    "share": document["classes"][klass]["accepted_share"],
                }
                for klass in (REDUCING, OPENING)
            },
        }
        for document in (verdict, *others)
    ]


def _records(documents: Documents) -> dict[str, Any] | None:
    """Both sides' records set side by side; None without a journal."""
    path = ("report", "first", "reconciliation")
    found = documents.at(*path)
    if found is None:
        return None
    kinds = [[name(kind), documents.figure(COUNT, *path, "kinds", kind)] for kind in found["kinds"]]
    examples = [
        [
            name(row["kind"]),
            name(row["file"]),
            documents.figure(PLAIN, *path, "examples", place, "record"),
            name(row["account"]),
            name(row["what"]),
        ]
        for place, row in enumerate(found["examples"])
    ]
    head = ("difference", "file", "record", "account", "what")
    return {
        "attempts": documents.figure(COUNT, *path, "attempts"),
        "matched": documents.figure(COUNT, *path, "matched"),
        "kinds": Table("differences by kind", ("difference", "attempts"), kinds, frozenset((1,))),
        "examples": Table("differences", head, examples, frozenset((2,))) if examples else None,
    }
