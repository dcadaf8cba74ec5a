"""Hooks into Locust's web UI: template arguments, one response filter, and routes of our own.

Tab, table and download links are template arguments that Locust documents; rows and the fitted form come by a
filter on two responses. A contract test holds the places in Locust that this leans on.
"""

from __future__ import annotations

import json
import tempfile
import zipfile
from collections.abc import Callable, Collection
from importlib.resources import files
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from flask import Response, make_response, request, send_file

from loadgen.drive.face import Face
from loadgen.drive.keeper import Keeper
from loadgen.drive.own_run import prepared
from loadgen.live.server import MetricsPage
from loadgen.scenarios import scenario_names
from loadgen.webui.charts import chart_data
from loadgen.webui.door import close, why_closed
from loadgen.webui.rows import STRUCTURE, rows
from mock_exchange.exposition import CONTENT_TYPE
from mock_exchange.gateway.policies import NAMES
from run_records.folder import PAGE_FILE

KEY = "fire-exit"
TITLE = "Fire exit"
RESERVED = frozenset(("accounts", "this_host_is_mine", "metrics_port", "control_port"))
_CODE: dict[str, Callable[[Face], Collection[str]]] = {
    "policy": lambda face: NAMES,
    "scenario": lambda face: scenario_names(),
    "contract": lambda face: face.contracts(),
}
"""What the form may choose from: whoever fills it in must not name a file to be read or run."""
_ENDING = ("stopping", "stopped")


def extend(web_ui: Any, keeper: Keeper, metrics: MetricsPage) -> None:
    """Add the tab, the form, the downloads, the charts and /metrics to a web UI."""
    app = web_ui.app
    web_ui.template_args.update(
        extended_tabs=[{"title": TITLE, "key": KEY}],
        extended_tables=[{"key": KEY, "structure": STRUCTURE}],
        extended_csv_files=[
            {"href": "/fire-exit/verdict.json", "title": "Download verdict (JSON)"},
            {"href": "/fire-exit/report.html", "title": "Report of the run"},
            {"href": "/fire-exit/bundle.zip", "title": "Download run directory (ZIP)"},
        ],
    )
    head = files(__package__).joinpath("form.html").read_text(encoding="utf-8")

    def fill(response: Response) -> Response:
        if request.path == "/" and response.mimetype == "text/html":
            response.set_data(response.get_data(as_text=True).replace("</head>", f"{head}</head>", 1))
        elif request.path == "/stats/requests" and response.is_json:
            shown = json.loads(response.get_data())
            if keeper.busy and shown["state"] in _ENDING:
                shown["state"] = "running"  # the page asks on until there is a verdict
            shown["extended_stats"] = [{"key": KEY, "data": rows(keeper.run)}]
            response.set_data(json.dumps(shown))
        return response

    given = web_ui.environment.parsed_options
    known = {name: str(getattr(given, name)) for name in _CODE}
    names = frozenset(name.lower() for name in given.web_name)
    app.after_request(fill)
    app.after_request(close)
    app.before_request(lambda: _refusal(web_ui.environment, keeper, names, known))

    def guarded(path: str, view: Any) -> None:
        app.add_url_rule(path, path, web_ui.auth_required_if_enabled(view))

    charts = files(__package__).joinpath("charts.html").read_text(encoding="utf-8")
    guarded("/fire-exit", lambda: make_response(charts))
    guarded("/fire-exit/data", lambda: _json(chart_data(keeper.run)))
    guarded("/fire-exit/verdict.json", lambda: _verdict(keeper))
    guarded("/fire-exit/report.html", lambda: _report(keeper))
    guarded("/fire-exit/bundle.zip", lambda: _bundle(keeper))
    app.add_url_rule("/metrics", "/metrics", lambda: Response(metrics.read(), content_type=CONTENT_TYPE))


def _refusal(
    environment: Any, keeper: Keeper, names: frozenset[str], known: dict[str, str]
) -> Response | None:
    """Why a request is not answered: it comes from another site's page, or asks for a run that cannot be."""
    if (closed := why_closed(request, names)) is not None:
        return Response(f"{closed}\n", 403, content_type="text/plain")
    if request.method != "POST" or request.path != "/swarm":
        return None
    reason = _why_not(environment, keeper, known)
    if reason is None:
        return None
    return _json({"success": False, "message": reason, "host": environment.host})


def _why_not(environment: Any, keeper: Keeper, known: dict[str, str]) -> str | None:
    """What is wrong with the form; None if the run can begin. What is code or a file is `known` from the
    command line."""
    if keeper.busy:
        return "the last run is not judged yet; try again in a moment"
    form = request.form
    if taken := sorted(key for key in form if key in RESERVED or key.startswith("fireexit_")):
        return f"{taken[0]} can only be set where Locust is started"
    for name, shipped in _CODE.items():
        if form.get(name, known[name]) not in (known[name], *shipped(keeper.face)):
            return f"{name}: files and classes of your own can only be named where Locust is started"
    options = SimpleNamespace(**{**vars(environment.parsed_options), **form.to_dict(), "run_time": None})
    try:
        prepared(keeper.face, options, form.get("host") or None, keeper.reserved)
    except (ValueError, TypeError) as error:
        return str(error)
    return None


def _json(document: Any) -> Response:
    return Response(json.dumps(document), content_type="application/json")


def _missing() -> Response:
    return Response("no run has been judged yet; start one and let it end\n", 404, content_type="text/plain")


def _attachment(data: bytes | str, name: str, kind: str) -> Response:
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(data, headers=headers, content_type=kind)


def _verdict(keeper: Keeper) -> Response:
    folder = _folder(keeper)
    if folder is None:
        return _missing()
    return _attachment((folder / "verdict.json").read_bytes(), f"{folder.name}.json", "application/json")


def _report(keeper: Keeper) -> Response:
    folder = _folder(keeper)
    if folder is None or not (folder / PAGE_FILE).is_file():
        return _missing()
    return Response((folder / PAGE_FILE).read_bytes(), content_type="text/html; charset=utf-8")


def _bundle(keeper: Keeper) -> Response:
    folder = _folder(keeper)
    if folder is None:
        return _missing()
    packed = tempfile.TemporaryFile(dir=folder.parent)  # noqa: SIM115 — closed when it has been sent
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as bundle:
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                bundle.write(path, f"{folder.name}/{path.relative_to(folder)}")
    packed.seek(0)
    return send_file(packed, "application/zip", as_attachment=True, download_name=f"{folder.name}.zip")


def _folder(keeper: Keeper) -> Path | None:
    """The directory of the last run that was judged."""
    current = keeper.current
    if current is None or current.own is None or current.run.document is None:
        return None
    return current.own.folder
