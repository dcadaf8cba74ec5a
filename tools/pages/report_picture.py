"""Takes the README's picture of a report in Chromium: the incident, its two rates and its curves."""

from __future__ import annotations

import tempfile
from pathlib import Path

from playwright.sync_api import FloatRect, sync_playwright

from fireexit.main_path import check
from fireexit.options import CheckOptions
from tests.watching.browser import CHROMIUM
from tools.pages import DOCS

TARGET = DOCS / "report.png"
SHOWN = ("#rates", "#time")


def main() -> None:
    with tempfile.TemporaryDirectory() as name, sync_playwright() as play:
        options = CheckOptions(
            scenario="incident-2025-10-11",
            policy="undifferentiated",
            mode="sim",
            contract="docs-2025-10-23",
            seed=1,
            duration_s=700,
            replications=1,
            out=Path(name) / "run",
        )
        run = check(options).folder
        browser = play.chromium.launch(**CHROMIUM)
        page = browser.new_page(viewport={"width": 1100, "height": 900})
        page.goto((run / "report.html").as_uri())
        page.add_style_tag(content=".sides, #rates ~ details, #rates ~ p:last-child { display: none }")
        boxes = [page.locator(f"section:has({anchor})").bounding_box() for anchor in SHOWN]
        top, below = boxes[0]["y"], boxes[1]["y"] + 560  # type: ignore[index]
        clip = FloatRect(x=0, y=top, width=1100, height=below - top)
        page.screenshot(path=TARGET, full_page=True, clip=clip)
        browser.close()


if __name__ == "__main__":
    main()
