"""Whoever installs fireexit can read what comes with it; the lock file keeps within the bounds."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

from packaging.requirements import Requirement

from tools.pages.licences import ELSEWHERE, PAGE, licences_page, locked

ROOT = Path(__file__).parents[2]


def test_every_package_of_the_lock_file_states_its_licence() -> None:
    rows = dict(re.findall(r"^\| (\S+) \| \S+ \| (.+) \|$", PAGE.read_text(encoding="utf-8"), re.M))
    rows.pop("---", None)
    assert set(rows) - {"package"} == set(locked()), "run python -m tools.pages.licences"
    assert "not stated" not in rows.values()
    assert {name for name, licence in rows.items() if licence == ELSEWHERE} == {"colorama", "pywin32"}
    assert licences_page().count("\n") == PAGE.read_text(encoding="utf-8").count("\n")


def test_the_lock_file_keeps_within_the_bounds() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    versions = locked()
    for text in project["dependencies"]:
        requirement = Requirement(text)
        assert versions[requirement.name] in requirement.specifier, text
