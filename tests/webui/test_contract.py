"""The places in Locust that we lean on are where we expect them: held for `locust < 3`."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]


def contract() -> dict[str, Any]:
    command = [sys.executable, "-m", "tests.webui.locust_in_a_process"]
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr[-2000:]
    found: dict[str, Any] = json.loads(result.stdout.splitlines()[-1])
    return found


def test_locust_has_every_hook_that_we_use() -> None:
    found = contract()
    assert found["tabs"] == [{"title": "Fire exit", "key": "fire-exit"}]
    assert [table["key"] for table in found["tables"]] == ["fire-exit"]
    keys = [column["key"] for column in found["tables"][0]["structure"]]
    (extended,) = found["stats"]["extended_stats"]
    assert extended["key"] == "fire-exit"
    assert all(list(row) == keys for row in extended["data"])
    assert "fire-exit-charts" in found["page"]
    assert found["page"].index("fire-exit-charts") < found["page"].index("</head>")
    assert all(found["methods"])


def test_who_may_ask_the_page_for_something() -> None:
    """A name that somebody else may have let resolve here, another site's form or picture, a file to run."""
    answers = [row[-1] for row in contract()["door"]]
    unknown, elsewhere = "403 this page is not known as", "403 requests from other sites are refused"
    own_code = "files and classes of your own can only be named where Locust is started"
    expected = [
        *["200"] * 5,
        *[unknown] * 5,
        *[elsewhere] * 5,
        *["200"] * 2,
        *[f"200 policy: {own_code}"] * 3,
        f"200 scenario: {own_code}",
        f"200 contract: {own_code}",
    ]
    assert [told.startswith(wanted) for told, wanted in zip(answers, expected, strict=True)] == [True] * 22


def test_what_a_browser_may_do_with_the_page() -> None:
    for headers in contract()["headers"].values():
        assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
        assert headers["X-Frame-Options"] == "DENY"
        assert headers["X-Content-Type-Options"] == "nosniff"


def test_before_the_first_run_pages_say_so() -> None:
    found = contract()
    missing = {path for path, status in found["codes"].items() if status == 404}
    assert missing == {"/fire-exit/verdict.json", "/fire-exit/report.html", "/fire-exit/bundle.zip"}
    assert all(status in (200, 404) for status in found["codes"].values())
    assert found["data"]["state"] == "no data"


def test_the_built_page_still_knows_the_names_that_the_form_hides() -> None:
    """The style sheet finds Locust's own fields by their names."""
    result = subprocess.run(
        [sys.executable, "-c", "import locust.html; print(locust.html.DEFAULT_BUILD_PATH)"],
        capture_output=True,
        text=True,
        check=True,
    )
    scripts = Path(result.stdout.splitlines()[-1], "assets").glob("*.js")
    built = "".join(path.read_text(encoding="utf-8") for path in scripts)
    for name in (
        "name:`userCount`",
        "name:`spawnRate`",
        "extendedStats",
        "extended_tabs",
        "Custom parameters",
    ):
        assert name in built or name.replace("_t", "T") in built, name
