"""Pictures of a run under watch, for the README: `python -m tools.pages.watching`. Needs Prometheus and
Chromium.

The *Fire exit* dashboard is drawn from what a real Prometheus answers; the tab is a screenshot of Locust's
page. Half-way the exchange is switched from `exempt` to `inverted`, so that both show an exit being shut.
"""

from __future__ import annotations

import json
import sys
import tempfile
import threading
import time
from functools import partial
from pathlib import Path
from typing import Any

from playwright.sync_api import Error, sync_playwright

from grafana.boards.fire_exit import FIRE_EXIT
from loadgen.drive.job import Control
from loadgen.drive.venue_process import ask
from tests.watching.browser import CHROMIUM
from tests.watching.programs import Prometheus, free_port, prometheus, running, wait_for
from tools.pages import DOCS
from tools.pages.board_picture import Series, draw, legend_of

SECONDS = 60
SWITCH_S = 32
PYTHON = sys.executable


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        cwd = Path(name)
        loader, exchange, web, front = (free_port() for _ in range(4))
        serve = [
            PYTHON,
            "-m",
            "fireexit",
            "serve",
            "--port",
            str(front),
            "--control-port",
            str(exchange),
            "--accounts",
            "accounts.json",
        ]
        locust = [
            PYTHON,
            "-m",
            "fireexit",
            "locust",
            "--web-host",
            "127.0.0.1",
            "--web-port",
            str(web),
            "--metrics-port",
            str(loader),
            "--host",
            f"http://127.0.0.1:{front}",
            "--accounts",
            "accounts.json",
        ]
        with prometheus(cwd, exchange, loader) as seen, running(serve, cwd, "serve.log"):
            wait_for((cwd / "accounts.json").exists)
            control = Control(**json.loads((cwd / "accounts.json").read_text())["control"])
            with running(locust, cwd, "locust.log"):
                began = _drive(f"http://127.0.0.1:{web}", control)
                title = f"From a real run's Prometheus: policy exempt, from second {SWITCH_S} on inverted."
                ask_range = partial(_series, seen, began)
                picture = draw(FIRE_EXIT, ask_range, began, began + SECONDS - 2, title)
    (DOCS / "fire-exit-dashboard.svg").write_text(picture, encoding="utf-8")


def _drive(base: str, control: Control) -> float:
    """Start a run from the form, switch the policy half-way, take the picture. Returns when the run began."""
    with sync_playwright() as play:
        browser = play.chromium.launch(**CHROMIUM)
        page = browser.new_page(viewport={"width": 1280, "height": 1010})
        wait_for(partial(_opened, page, f"{base}/"))
        page.fill("input[name=duration]", str(SECONDS))
        page.click("button[type=submit]")
        page.get_by_role("tab", name="Fire exit").click()
        switch = threading.Timer(SWITCH_S + 0.5, ask, (control, "POST", "/switch", {"policy": "inverted"}))
        began = time.time() + 0.5
        switch.start()
        page.wait_for_selector("text=SHUT", timeout=(SECONDS + 20) * 1000)
        time.sleep(max(0.0, began + SECONDS - 4 - time.time()))
        page.screenshot(path=DOCS / "locust-tab.png")
        time.sleep(max(0.0, began + SECONDS + 3 - time.time()))
        browser.close()
    return began


def _opened(page: Any, url: str) -> bool:
    try:
        page.goto(url)
    except Error:
        return False
    return True


def _series(seen: Prometheus, began: float, expr: str, pattern: str) -> Series:
    rows: list[dict[str, Any]] = seen.query_range(expr, began, began + SECONDS - 2)
    return [
        (legend_of(pattern, row["metric"]), [(float(at), float(value)) for at, value in row["values"]])
        for row in rows
    ]


if __name__ == "__main__":
    main()
