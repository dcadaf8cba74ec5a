"""Writes `docs/licences.md`: what is installed with fireexit, and under which licences, as the packages say.

`python -m tools.pages.licences`, in an environment made from the lock files.
"""

from __future__ import annotations

import re
from importlib.metadata import PackageNotFoundError, metadata

from tools.pages import DOCS

PAGE = DOCS / "licences.md"
LOCK = DOCS.parent / "runtime.lock"
OURS = "fireexit"
_CLASSIFIER = re.compile(r"^License :: (?:OSI Approved :: )?(.+)$")
_LONGEST = 80
ELSEWHERE = "not installed here: for Windows"


def locked() -> dict[str, str]:
    """Name to version, of everything that the lock file for images names."""
    return dict(re.findall(r"^([a-z0-9_.-]+)==([^ \\]+)", LOCK.read_text(encoding="utf-8"), re.M))


def licence_of(name: str) -> str:
    """As the package's own metadata say it, briefly."""
    try:
        found = metadata(name)
    except PackageNotFoundError:
        return ELSEWHERE
    if "License-Expression" in found:
        return str(found["License-Expression"])
    texts = found.get_all("Classifier") or []
    classifiers = [match[1] for text in texts if (match := _CLASSIFIER.match(text))]
    if classifiers:
        return "; ".join(classifiers)
    text = str(found["License"] or "").strip().splitlines() if "License" in found else []
    return text[0][:_LONGEST] if text else "not stated"


def licences_page() -> str:
    """The page, with a row for each package of the lock file."""
    rows = [f"| {name} | {version} | {licence_of(name)} |" for name, version in sorted(locked().items())]
    return "\n".join(
        [
            "# What is installed with fireexit",
            "",
            "fireexit itself is under Apache-2.0. These packages come with it, at the versions that",
            "[runtime.lock](../runtime.lock) names, under the licences that they state themselves. Made by",
            "`python -m tools.pages.licences`. `make advisories` asks whether any of them has a known",
            "vulnerability, and a workflow does so every week.",
            "",
            "| package | version | licence |",
            "| --- | --- | --- |",
            *rows,
            "",
        ]
    )


if __name__ == "__main__":
    PAGE.write_text(licences_page(), encoding="utf-8")
