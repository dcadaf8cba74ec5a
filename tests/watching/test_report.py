"""The report in Chromium: light, dark, narrow, printed. No request, no complaint; axe is content."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, sync_playwright

from tests.clients.environment import node_modules
from tests.report.conftest import incident_run, strict_run  # noqa: F401
from tests.watching.browser import CHROMIUM
from tests.watching.programs import program

pytestmark = [pytest.mark.realtime, pytest.mark.watching]
AXE = Path(__file__).parents[1] / "report" / "axe"
VIEWS = {
    "light": {"color_scheme": "light", "viewport": {"width": 1280, "height": 900}},
    "dark": {"color_scheme": "dark", "viewport": {"width": 1280, "height": 900}},
    "narrow": {"color_scheme": "light", "viewport": {"width": 360, "height": 800}},
}
AT_LEAST_BYTES = 20_000


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    program("chromium")
    with sync_playwright() as play:
        started = play.chromium.launch(**CHROMIUM)
        yield started
        started.close()


def opened(browser: Any, run: Path, view: str) -> tuple[Page, list[str]]:
    """The page, and everything it complained of or asked for."""
    page = browser.new_page(**VIEWS[view])
    found: list[str] = []
    page.on("console", lambda message: found.append(message.text))
    page.on("pageerror", lambda error: found.append(str(error)))
    page.on(
        "request", lambda request: found.append(request.url) if not request.url.startswith("file:") else None
    )
    page.goto((run / "report.html").as_uri())
    return page, found


@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize("which", ["incident_run", "strict_run"])
def test_accessible_quiet_and_inside_its_window(
    browser: Any, request: pytest.FixtureRequest, which: Any, view: Any
) -> None:
    page, found = opened(browser, request.getfixturevalue(which), view)
    for box in page.locator("details").all():
        box.locator("summary").first.click()
    wide = page.evaluate("document.documentElement.scrollWidth - innerWidth")
    assert wide <= 0, "the page itself must not scroll sideways"
    page.evaluate((node_modules(AXE) / "axe-core" / "axe.min.js").read_text(encoding="utf-8"))
    violations = page.evaluate("axe.run().then(result => result.violations)")
    assert not [(v["id"], [node["html"][:200] for node in v["nodes"][:3]]) for v in violations]
    assert found == []
    assert len(page.screenshot(full_page=True)) > AT_LEAST_BYTES
    page.close()


def test_pointer_and_keys_read_a_step_out(browser: Any, incident_run: Any) -> None:  # noqa: F811
    page, found = opened(browser, incident_run, "light")
    plot = page.locator(".plot").first
    plot.focus()
    page.keyboard.press("End")
    last = plot.locator("output").inner_text()
    page.keyboard.press("ArrowLeft")
    before = plot.locator("output").inner_text()
    assert "opening offered" in last
    assert before != last
    plot.locator("svg").hover(position={"x": 400, "y": 60})
    assert plot.locator("output").inner_text() not in (last, before)
    assert found == []
    page.close()


def test_it_prints(browser: Any, incident_run: Any, tmp_path: Path) -> None:  # noqa: F811
    page, _ = opened(browser, incident_run, "dark")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    page.emulate_media(media="print")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    pdf = page.pdf(path=tmp_path / "report.pdf", format="A4")
    assert pdf.startswith(b"%PDF")
    assert len(pdf) > AT_LEAST_BYTES
    page.close()
