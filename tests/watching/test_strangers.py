"""A page of another site that is open in the same browser: it must not start or stop load, read what Locust's
page says, or put that page into a frame of its own."""

from __future__ import annotations

import http.server
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Page, sync_playwright

from tests.watching.browser import CHROMIUM
from tests.watching.programs import free_port, program, running, wait_for
from tests.watching.test_chromium import opened

pytestmark = [pytest.mark.realtime, pytest.mark.watching]
STRANGER = "stranger.test"
CODE = "from pathlib import Path\nPath('ran').write_text('')\n"
ATTACK = """<!doctype html><meta charset="utf-8"><title>stranger</title>
<iframe name="frame" src="http://127.0.0.1:{port}/"></iframe>
<iframe name="sink"></iframe>
<img src="http://127.0.0.1:{port}/stop">
<form id="form" method="post" target="sink" action="http://127.0.0.1:{port}/swarm">
<input name="policy" value="mine.py"><input name="seed" value="1"><input name="rate" value="1">
<input name="duration" value="5"><input name="scenario" value="mixed"><input name="contract" value="strict">
<input name="user_count" value="1"><input name="spawn_rate" value="1">
</form><script>form.submit()</script>
"""
REBOUND = """async () => {
  const body = new URLSearchParams({policy: "mine.py", seed: "1", rate: "1", duration: "5", scenario: "mixed",
                                    contract: "strict", user_count: "1", spawn_rate: "1"});
  const said = [];
  for (const [path, options] of [["/", {}], ["/fire-exit/data", {}], ["/swarm", {method: "POST", body}]]) {
    const answer = await fetch(path, options);
    said.push(answer.status);
  }
  return said;
}"""


@contextmanager
def served(page: str) -> Iterator[int]:
    """A site that shows one page, whatever it is asked for."""

    class Site(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(page.encode())

        def log_message(self, *arguments: object) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Site)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server.server_port
    server.shutdown()
    server.server_close()


def test_a_stranger_s_page_has_no_part_in_it(tmp_path: Path) -> None:
    program("chromium")
    port = free_port()
    (tmp_path / "mine.py").write_text(CODE)
    arguments = [
        sys.executable,
        "-m",
        "fireexit",
        "locust",
        "--web-port",
        str(port),
        "--web-host",
        "127.0.0.1",
    ]
    resolve = f"--host-resolver-rules=MAP {STRANGER} 127.0.0.1"
    launch = {**CHROMIUM, "args": [*CHROMIUM.get("args", []), resolve]}
    with running(arguments, tmp_path, "locust.log"), sync_playwright() as play:
        browser = play.chromium.launch(**launch)
        page = browser.new_page()
        wait_for(lambda: opened(page, f"http://127.0.0.1:{port}/"))
        for attack in (_nothing, _across, _rebound):
            attack(page, port)
            state = page.request.get(f"http://127.0.0.1:{port}/stats/requests").json()["state"]
            assert state == "ready"
        browser.close()
    assert not (tmp_path / "ran").exists()


def _nothing(page: Page, port: int) -> None:
    """As it is before anybody tries."""


def _across(page: Page, port: int) -> None:
    """By a form, a picture and a frame, from a page of its own."""
    with served(ATTACK.format(port=port)) as site:
        ended: dict[str, int] = {}  # 0: the browser keeps the answer from the page
        page.on("response", lambda r: ended.update({r.url.rsplit("/", 1)[1]: r.status}))
        page.on("requestfailed", lambda r: ended.update({r.url.rsplit("/", 1)[1]: 0}))
        page.goto(f"http://{STRANGER}:{site}/")
        for _ in range(300):
            if {"swarm", "stop"} <= set(ended):
                break
            page.wait_for_timeout(100)
        assert ended["swarm"] in (0, 403)
        assert ended["stop"] in (0, 403)
        framed = page.frame("frame")
        assert framed is None or "locust" not in framed.content().lower()


def _rebound(page: Page, port: int) -> None:
    """By its own name, which resolves to this machine by now."""
    page.goto(f"http://{STRANGER}:{port}/")
    assert "is not known as" in page.content()
    assert page.evaluate(REBOUND) == [403, 403, 403]
