"""`python -m grafana.boards` writes the dashboards; a test holds the files to what this makes."""

from __future__ import annotations

import json
from pathlib import Path

from grafana_foundation_sdk.cog.encoder import JSONEncoder

from grafana.boards import BOARDS
from grafana.boards.parts import build

FOLDER = Path(__file__).parents[1] / "dashboards"


def rendered() -> dict[str, str]:
    """File name to JSON text."""
    names = [(board.title, board.uid) for board in BOARDS]
    return {
        f"{board.uid}.json": json.dumps(
            build(board, [other for other in names if other[1] != board.uid]),
            cls=JSONEncoder, sort_keys=True, indent=2, ensure_ascii=False,
        ) + "\n"
        for board in BOARDS
    }  # fmt: skip


if __name__ == "__main__":
    for name, text in rendered().items():
        (FOLDER / name).write_text(text, encoding="utf-8")
