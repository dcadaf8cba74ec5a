"""Redraws `docs/verdict.svg`: the same simulated flood under two policies, as a terminal shows it."""

from __future__ import annotations

import io
import re
import tempfile
from pathlib import Path

from rich.console import Console

from fireexit.main_path import check
from fireexit.options import CheckOptions
from judging.report.terminal import render_verdict
from tools.pages import DOCS

PATH = DOCS / "verdict.svg"
POLICIES = ("undifferentiated", "exempt")


def main() -> None:
    console = Console(record=True, width=158, file=io.StringIO(), force_terminal=True, highlight=False)
    for policy in POLICIES:
        with tempfile.TemporaryDirectory() as folder:
            options = CheckOptions(policy=policy, mode="sim", seed=7, out=Path(folder))
            console.print(f"$ fireexit check --mode sim --policy {policy} --seed 7", style="bold")
            render_verdict(check(options).document, console)
    svg = console.export_svg(title="fireexit")
    # the exporter names fonts on a public server; a picture should fetch nothing
    PATH.write_text(re.sub(r"\s*@font-face \{.*?\}", "", svg, flags=re.S), encoding="utf-8")


if __name__ == "__main__":
    main()
