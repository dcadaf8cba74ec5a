"""Places in the code that a page names: a link [`Class.method`](path/to/file.py#L12) is held to its line.

`python -m tests.house.places` sets the line numbers anew; a name that is gone is an error, in the tests too.
"""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGES = (ROOT / "docs" / "architecture.md", ROOT / "CONTRIBUTING.md")
LINK = re.compile(r"\[`(?P<name>[\w.]+)`\]\((?P<path>[\w./-]+\.py)#L(?P<line>\d+)\)")


@cache
def lines_of(path: Path) -> dict[str, int]:
    """The line of every class, function and constant of a file, by its dotted name."""
    found: dict[str, int] = {}

    def enter(body: list[ast.stmt], prefix: str) -> None:
        for node in body:
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                found[prefix + node.name] = node.lineno
                if isinstance(node, ast.ClassDef):
                    enter(node.body, f"{prefix}{node.name}.")
            elif isinstance(node, ast.Assign | ast.AnnAssign):
                targets = node.targets if isinstance(node, ast.Assign) else [node.target]
                for target in targets:
                    if isinstance(target, ast.Name):
                        found[prefix + target.id] = node.lineno

    enter(ast.parse(path.read_text(encoding="utf-8")).body, "")
    return found


def refreshed(page: Path) -> str:
    """The page with the line of every place as it is now. Raises KeyError for a name that its file lacks."""

    def place(match: re.Match[str]) -> str:
        path = (page.parent / match["path"]).resolve()
        lines = lines_of(path)
        if match["name"] not in lines:
            raise KeyError(f"{page.name} names {match['name']}, which {match['path']} does not have")
        return f"[`{match['name']}`]({match['path']}#L{lines[match['name']]})"

    return LINK.sub(place, page.read_text(encoding="utf-8"))


def main() -> None:
    for page in PAGES:
        page.write_text(refreshed(page), encoding="utf-8")


if __name__ == "__main__":
    main()
