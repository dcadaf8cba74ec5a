"""The import graph of the sources, as rooms and arrows: what imports what, at runtime and for types alike.

A room is a package inside a house, or a file that lies loose in one. `python -m tests.house.arrows` draws it
into docs/architecture.md.
"""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
HOUSES = ("run_records", "mock_exchange", "judging", "loadgen", "fireexit")
"""From the ground up."""
FLOORS: dict[str, tuple[str, ...]] = {
    "run_records": (
        "words",
        "units",
        "scaled",
        "histogram",
        "bounds",
        "plain_files",
        "schemas",
        "documents",
        "lines",
        "clients",
        "machine",
        "standing",
        "journal",
        "parts",
        "run",
        "folder",
        "reported",
        "goals",
        "terms",
    ),
    "judging": (
        "drawing",
        "statistics",
        "rarest",
        "sequential",
        "reading",
        "schemas",
        "clause",
        "counting",
        "measures",
        "contracts",
        "verdict",
        "scoring",
        "anatomy",
        "comparison",
        "report",
        "run",
        "evidence",
    ),
    "loadgen": ("traders", "scenarios", "run_spec", "live", "drive", "webui"),
}
"""The rooms of a house from the ground up: an arrow points down only."""
PAGE = ROOT / "docs" / "architecture.md"
BEGIN, END = "<!-- arrows: drawn by tests/house/arrows.py -->", "<!-- /arrows -->"
Graph = Mapping[str, set[str]]


@cache
def modules() -> dict[str, Path]:
    """Every module of the houses by its dotted name."""
    found = {}
    for house in HOUSES:
        for path in sorted((ROOT / house).rglob("*.py")):
            parts = list(path.relative_to(ROOT).with_suffix("").parts)
            found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


@cache
def arrows() -> dict[str, set[str]]:
    """Which of our modules each module imports, wherever in the file it does so."""
    return {name: _imports(path) - {name} for name, path in modules().items()}


def _imports(path: Path) -> set[str]:
    known = modules()
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names if alias.name in known)
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, f"{path}: a relative import"
            for alias in node.names:
                inner = f"{node.module}.{alias.name}"
                found.add(inner if inner in known else str(node.module))
    return {name for name in found if name in known}


def house_of(module: str) -> str:
    return module.partition(".")[0]


def room_of(module: str) -> str:
    """`judging.counting` of all that is in that package; a loose file is a room of its own."""
    return ".".join(module.split(".")[:2])


def between(naming: Callable[[str], str], graph: Graph | None = None) -> dict[str, set[str]]:
    """The same graph between rooms, or between houses: `naming` says which a module belongs to."""
    found: dict[str, set[str]] = defaultdict(set)
    for name, others in (arrows() if graph is None else graph).items():
        found[naming(name)] |= {naming(other) for other in others} - {naming(name)}
    return dict(found)


def circle(graph: Graph) -> list[str]:
    """Modules or rooms that import each other in a ring; empty if there are none."""
    done: set[str] = set()
    way: list[str] = []

    def follow(name: str) -> list[str]:
        if name in way:
            return [*way[way.index(name) :], name]
        if name in done:
            return []
        way.append(name)
        for other in sorted(graph.get(name, ())):
            if found := follow(other):
                return found
        way.pop()
        done.add(name)
        return []

    for name in sorted(graph):
        if found := follow(name):
            return found
    return []


def picture() -> str:
    """Houses with their arrows as a Mermaid diagram, then each house's rooms from the top down."""
    houses, rooms = between(house_of), between(room_of)
    lines = ["```mermaid", "flowchart TD"]
    for house in reversed(HOUSES):
        lines += [f"    {house} --> {other}" for other in reversed(HOUSES) if other in houses[house]]
    lines += ["```", ""]
    for house, floors in FLOORS.items():
        lines += [f"Rooms of `{house}`, from the top down, and what they import:", "", "```"]
        for floor in reversed(floors):
            inside = rooms.get(f"{house}.{floor}", set())
            below = [room for room in floors if f"{house}.{room}" in inside]
            others = sorted({house_of(room) for room in inside} - {house})
            lines.append(f"{floor:<11} → {', '.join([*below, *others]) or 'nothing'}")
        lines += ["```", ""]
    return "\n".join(lines).rstrip()


def main() -> None:
    before, _, rest = PAGE.read_text(encoding="utf-8").partition(BEGIN)
    after = rest.partition(END)[2]
    PAGE.write_text(f"{before}{BEGIN}\n{picture()}\n{END}{after}", encoding="utf-8")


if __name__ == "__main__":
    main()
