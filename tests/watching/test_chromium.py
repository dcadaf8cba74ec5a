"""Chromium drives Locust's page: form, a run that turns the tab, stop, downloads; alone and with workers."""

from __future__ import annotations

import json
import sys
import time
import warnings
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Error, Page, sync_playwright

from tests.watching.browser import CHROMIUM
from tests.watching.programs import free_port, program, running, wait_for

pytestmark = [pytest.mark.realtime, pytest.mark.watching]
LOCUST = [sys.executable, "-m", "fireexit", "locust"]
HARMLESS = ("favicon",)


@contextmanager
def locust_page(cwd: Path, workers: int) -> Iterator[tuple[Page, list[str]]]:
    """Locust's page in a browser, and what its console complained of."""
    program("chromium")
    port, inner = free_port(), free_port()
    arguments = [*LOCUST, "--web-host", "127.0.0.1", "--web-port", str(port)]
    if workers:
        arguments += ["--master", "--master-bind-host", "127.0.0.1", "--master-bind-port", str(inner)]
    hands = [[*LOCUST, "--worker", "--master-host", "127.0.0.1", "--master-port", str(inner)]] * workers
    complaints: list[str] = []
    with running(arguments, cwd, "locust.log"):
        contexts = [running(hand, cwd, f"worker-{n}.log") for n, hand in enumerate(hands)]
        for context in contexts:
            context.__enter__()
        try:
            with sync_playwright() as play:
                browser = play.chromium.launch(**CHROMIUM)
                page = browser.new_page(viewport={"width": 1280, "height": 900})
                page.on("console", lambda m: complaints.append(m.text) if m.type == "error" else None)
                wait_for(lambda: opened(page, f"http://127.0.0.1:{port}/"))
                yield page, complaints
                browser.close()
        finally:
            for context in contexts:
                context.__exit__(None, None, None)


def opened(page: Page, url: str) -> bool:
    try:
        page.goto(url)
    except Error:
        return False
    return True


def rows(page: Page) -> dict[str, list[str]]:
    """The tab's rows: first cell to the others."""
    cells = page.evaluate(
        "[...document.querySelectorAll('tbody tr')].map(r => [...r.cells].map(c => c.textContent))"
    )
    return {row[0]: row[1:] for row in cells if row}


def rows_if(page: Page, what: str, state: str) -> dict[str, list[str]] | None:
    """The rows, once one of them has a state."""
    found = rows(page)
    return found if found.get(what, [""])[0] == state else None


@pytest.mark.parametrize("workers", [0, 2])
def test_a_run_from_form_to_download(workers: Any, tmp_path: Path) -> None:
    """One recorded retry where the page says that the machine did not keep up."""
    for attempt in range(2):
        folder = tmp_path / str(attempt)
        folder.mkdir()
        with locust_page(folder, workers) as (page, complaints):
            base = page.url.rstrip("/")
            reason = from_form_to_verdict(page, base, workers)
            if not reason:
                from_verdict_to_download(page, base, workers, folder)
        assert not [text for text in complaints if not any(word in text for word in HARMLESS)]
        assert "Traceback" not in (folder / "locust.log").read_text()
        if not reason:
            return
        warnings.warn(f"inconclusive, try {attempt + 1}: {reason}", stacklevel=1)
    pytest.skip(f"inconclusive twice on this machine: {reason}")


def from_form_to_verdict(page: Page, base: str, workers: int) -> str:
    """A run of a policy that is surely broken, stopped when enough is seen. Returns why the page calls it
    inconclusive, nothing once it is told broken; any other end fails."""
    page.wait_for_selector("button[type=submit]")
    for name in ("userCount", "spawnRate"):
        assert not page.locator(f"input[name={name}]").is_visible(), f"{name} changes no rate"
    names = page.locator("select[name=scenario] option").all_text_contents()
    assert {"mixed", "incident-2025-10-11"} <= set(names)
    page.locator("select[name=policy]").select_option("inverted")
    page.fill("input[name=duration]", "90")
    # waits that correlate by more than 0.5 leave a run undecided: here they do by 0.42, with seed 4 by
    # 0.49 to 0.54
    page.fill("input[name=seed]", "12")
    if workers:
        wait_for(lambda: json.loads(page.request.get(f"{base}/worker-count").text())["worker_count"] == 2)
    page.click("button[type=submit]")
    page.get_by_role("tab", name="Fire exit").click()
    page.wait_for_selector("text=SHUT", timeout=60_000)
    shown = wait_for(lambda: rows_if(page, "clause reducing-accepted", "↘ heading: broken"))
    assert shown["priority gap, reducing − opening"][0] == "INVERTED"
    assert f"{max(1, workers)}/{max(1, workers)} workers report" in shown["load generator"][2]

    # long enough for a verdict on what has been seen
    wait_for(lambda: float(rows(page)["THE FIRE EXIT"][2].split()[0]) >= 20)
    page.get_by_role("button", name="Stop", exact=False).first.click()

    def told() -> dict[str, list[str]] | None:
        return rows_if(page, "THE FIRE EXIT", "BROKEN") or rows_if(page, "because", "inconclusive")

    found = wait_for(told, 90, "no verdict")
    return "" if found["THE FIRE EXIT"][0] == "BROKEN" else found["because"][1]


def from_verdict_to_download(page: Page, base: str, workers: int, folder: Path) -> None:
    """The run's directory, and the page of its own."""
    page.get_by_role("tab", name="Download Data").click()
    with page.expect_download() as download:
        page.get_by_text("Download run directory (ZIP)").click()
    download.value.save_as(folder / "bundle.zip")
    check_bundle(folder / "bundle.zip", workers, page, base)
    page.goto(f"{base}/fire-exit")
    page.wait_for_selector("#state.broken", timeout=20_000)
    time.sleep(1)
    assert page.locator("path.s0").count() == 3


def check_bundle(path: Path, workers: int, page: Page, base: str) -> None:
    """It holds the records of all workers, no keys, and the verdict that the page links to."""
    with zipfile.ZipFile(path) as bundle:
        names = [name.split("/", 1)[1] for name in bundle.namelist()]
        assert "replication-00/attempts.jsonl" in names
        assert ("replication-00/attempts-1.jsonl" in names) == (workers == 2)
        assert not any(name.endswith(("job.json", "nonce")) for name in names)
        verdict = json.loads(bundle.read(next(n for n in bundle.namelist() if n.endswith("verdict.json"))))
    assert verdict == page.request.get(f"{base}/fire-exit/verdict.json").json()
    assert verdict["result"] == "broken"
    assert "The promise is broken" in page.request.get(f"{base}/fire-exit/report.html").text()
    counted = sum(verdict["classes"][name]["attempts"] for name in ("opening", "reducing", "cancel"))
    text = page.request.get(f"{base}/metrics").text()
    lines = [line for line in text.splitlines() if line.startswith("fireexit_loader_attempts_total")]
    assert sum(float(line.rsplit(" ", 1)[1]) for line in lines) == counted
