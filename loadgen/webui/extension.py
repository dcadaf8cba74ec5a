"""Hooks into Locust's web UI: template arguments, one response filter, and routes of our own.

Tab, table and download links are template arguments that Locust documents; rows and the fitted form come by a
filter on two responses. A contract test holds the places in Locust that this leans on.
"""

from __future__ import annotations

import io
import json
import zipfile
from importlib.resources import files
from pathlib import Path
from typing import Any

from flask import Response, make_response, request
from rich.console import Console

from loadgen.contracts import Contract, load_contract
from loadgen.drive.session import Session
from loadgen.live.server import MetricsPage
from loadgen.report.terminal import render_verdict
from loadgen.webui.charts import chart_data
from loadgen.webui.rows import STRUCTURE, rows

KEY = "fire-exit"
TITLE = "Fire exit"
_ENDING = ("stopping", "stopped")
_PRIVATE = frozenset(("job.json",))
"""It holds the keys of all accounts while a run is going on."""


def extend(web_ui: Any, session: Session, metrics: MetricsPage) -> None:
    """Add the tab, the form, the downloads, the charts and /metrics to a web UI."""
    app = web_ui.app
    web_ui.template_args.update(
        extended_tabs=[{"title": TITLE, "key": KEY}],
        extended_tables=[{"key": KEY, "structure": STRUCTURE}],
        extended_csv_files=[
            {"href": "/fire-exit/verdict.json", "title": "Download verdict (JSON)"},
            {"href": "/fire-exit/report.html", "title": "Download report (HTML)"},
            {"href": "/fire-exit/bundle.zip", "title": "Download run directory (ZIP)"},
        ],
    )
    head = files("loadgen.webui").joinpath("form.html").read_text(encoding="utf-8")

    def fill(response: Response) -> Response:
        if request.path == "/" and response.mimetype == "text/html":
            response.set_data(response.get_data(as_text=True).replace("</head>", f"{head}</head>", 1))
        elif request.path == "/stats/requests" and response.is_json:
            shown = json.loads(response.get_data())
            if session.run is not None and not session.run.over and shown["state"] in _ENDING:
                shown["state"] = "running"  # the page asks on until there is a verdict
            shown["extended_stats"] = [{"key": KEY, "data": rows(session.run, _contract(session))}]
            response.set_data(json.dumps(shown))
        return response

    app.after_request(fill)

    def guarded(path: str, view: Any) -> None:
        app.add_url_rule(path, path, web_ui.auth_required_if_enabled(view))

    charts = files("loadgen.webui").joinpath("charts.html").read_text(encoding="utf-8")
    guarded("/fire-exit", lambda: make_response(charts))
    guarded("/fire-exit/data", lambda: _json(chart_data(session.run, _contract(session))))
    guarded("/fire-exit/verdict.json", lambda: _verdict(session))
    guarded("/fire-exit/report.html", lambda: _report(session))
    guarded("/fire-exit/bundle.zip", lambda: _bundle(session))
    app.add_url_rule(
        "/metrics", "/metrics", lambda: Response(metrics.read(), content_type="text/plain; version=0.0.4")
    )


def _contract(session: Session) -> Contract | None:
    return None if session.run is None else load_contract(session.run.title["contract"])


def _json(document: Any) -> Response:
    return Response(json.dumps(document), content_type="application/json")


def _missing() -> Response:
    return Response("no run has been judged yet; start one and let it end\n", 404, content_type="text/plain")


def _attachment(data: bytes | str, name: str, kind: str) -> Response:
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(data, headers=headers, content_type=kind)


def _verdict(session: Session) -> Response:
    folder = _folder(session)
    if folder is None:
        return _missing()
    return _attachment((folder / "verdict.json").read_bytes(), f"{folder.name}.json", "application/json")


def _report(session: Session) -> Response:
    folder = _folder(session)
    if folder is None or session.run is None or session.run.document is None:
        return _missing()
    console = Console(record=True, file=io.StringIO(), width=180)
    render_verdict(session.run.document, console)
    return _attachment(console.export_html(), f"{folder.name}.html", "text/html; charset=utf-8")


def _bundle(session: Session) -> Response:
    folder = _folder(session)
    if folder is None:
        return _missing()
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as bundle:
        for path in sorted(folder.rglob("*")):
            if path.is_file() and path.name not in _PRIVATE:
                bundle.write(path, f"{folder.name}/{path.relative_to(folder)}")
    return _attachment(packed.getvalue(), f"{folder.name}.zip", "application/zip")


def _folder(session: Session) -> Path | None:
    """The directory of the last run that was judged."""
    own, run = session.own, session.run
    return own.folder if own is not None and run is not None and run.document is not None else None
