"""The whole page: one file that needs nothing else, opens offline, and says where each figure comes from."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Sequence
from hashlib import sha256
from html import escape
from importlib.resources import files
from typing import Any

import orjson

from loadgen.report.page import words
from loadgen.report.page.flow import flow
from loadgen.report.page.markup import COUNT, PLAIN, Documents, details, name, section, table
from loadgen.report.page.over_time import acceptance, code_mix
from loadgen.report.page.rates import both_true, sides
from loadgen.report.page.single import latency, policies, strip
from mock_exchange.gateway.attempt import OPENING, REDUCING

POLICY = "default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-{script}'"
"""A browser that obeys it fetches nothing for this page, and runs no other script than ours."""


def page(
    verdict: dict[str, Any],
    report: dict[str, Any],
    others: Sequence[dict[str, Any]] = (),
    beware: Sequence[str] = (),
) -> bytes:
    """HTML of a run's verdict and report documents; `others` are verdict documents to compare it with,
    `beware` what makes them hard to compare."""
    documents = Documents(verdict=verdict, report=report, compared=_compared(verdict, others))
    whose = "the first replication" if report["replications"] > 1 else "the run"
    every = "all replications" if report["replications"] > 1 else "the run"
    sections = [
        section("In short", words.in_short(documents), "short"),
        section("The contract, clause by clause", words.clauses(documents), "clauses"),
        section(_title(report), both_true(documents), "rates"),
        section("Over time", acceptance(documents, whose) + code_mix(documents, whose), "time"),
        section("The way of an order", flow(documents, every), "flow"),
        section("One bot", strip(documents), "bot") if report["first"]["strip"] else "",
        _latency(documents, whose),
        section("Other runs", policies(documents, beware), "policies") if documents.at("compared") else "",
        section("Both sides’ records", _reconciliation(documents, whose), "records"),
        section("How to check this", _how(), "how"),
    ]
    script = _asset("script.js")
    embedded = orjson.dumps(documents.all).decode().replace("<", "\\u003c")
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY.format(script=_digest(script))}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(_tab(verdict))}</title><style>{_asset('style.css')}</style></head><body>"
        f"{words.banner(documents)}<main>{''.join(sections)}</main>"
        f'<script type="application/json" id="documents">{embedded}</script>'
        f"<script>{script}</script></body></html>\n"
    ).encode()


def _asset(file: str) -> str:
    return files("loadgen.report.page").joinpath(file).read_text(encoding="utf-8")


def _digest(script: str) -> str:
    return b64encode(sha256(script.encode()).digest()).decode()


def _tab(verdict: dict[str, Any]) -> str:
    run = verdict["run"]
    return f"fireexit: {verdict['result']}, {run['policy']} under {run['scenario']}"


def _title(report: dict[str, Any]) -> str:
    both = all(sides(report))
    return "Why a small and a near-total rate are both true here" if both else "One run, many rates"


def _compared(verdict: dict[str, Any], others: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    if not others:
        return []
    return [
        {
            "policy": document["run"]["policy"],
            "result": document["result"],
            **{
                klass: {
                    "attempts": document["classes"][klass]["attempts"],
                    "accepted": document["classes"][klass]["accepted"],
                    "share": document["classes"][klass]["accepted_share"],
                }
                for klass in (REDUCING, OPENING)
            },
        }
        for document in (verdict, *others)
    ]


def _latency(documents: Documents, whose: str) -> str:
    drawn = latency(documents, whose)
    return section("Latency", drawn, "latency") if drawn else ""


def _reconciliation(documents: Documents, whose: str) -> str:
    found = documents.at("report", "first", "reconciliation")
    if found is None:
        return "<p>The exchange’s journal is not at hand: only what clients saw is known.</p>"
    path = ("report", "first", "reconciliation")
    told = (
        f"<p>Of {documents.figure(COUNT, *path, 'attempts')} attempts in {whose}, "
        f"{documents.figure(COUNT, *path, 'matched')} are the same at their client and in the exchange’s "
        "journal, set side by side by request signature and batch leg. The others:</p>"
    )
    kinds = [[name(kind), documents.figure(COUNT, *path, "kinds", kind)] for kind in found["kinds"]]
    examples = [
        [name(row["kind"]), name(row["file"]), documents.figure(PLAIN, *path, "examples", place, "record"),
         name(row["account"]), name(row["what"])]
        for place, row in enumerate(found["examples"])
    ]  # fmt: skip
    listed = table(("difference", "file", "record", "account", "what"), examples, "differences", numbers=(2,))
    every = "<p>All of them: <code>fireexit reconcile --all</code> and the run’s directory.</p>"
    return (
        told
        + table(("difference", "attempts"), kinds, "differences by kind", numbers=(1,))
        + (details("The first of each kind", listed + every) if examples else "")
    )


def _how() -> str:
    return (
        "<p>This page was made of the records in the run’s directory, and of nothing else. Its digest "
        "was printed when "
        "the run ended; whoever kept it elsewhere can tell that nothing was changed since:</p>"
        "<pre><code>fireexit verify DIR --digest SHA256</code></pre>"
        "<p>That also judges the raw records again. Every figure above carries its place in "
        "<code>verdict.json</code> and <code>report.json</code>, whose schemas <code>fireexit "
        "schema</code> prints; both are "
        "embedded in this page. Seen by <em>client</em>: what those who sent an order learnt, within "
        "their deadline; "
        "<em>gateway</em> and <em>engine</em>: what the exchange’s journal says. A census counts this "
        "run completely and "
        "has no interval; an expectation is what the scenario yields over repetitions, and has one.</p>"
    )
