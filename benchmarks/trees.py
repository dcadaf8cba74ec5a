"""What is measured: this checkout in plain Python, and a copy of it with a compiled core."""

from __future__ import annotations

import sys
from functools import cache
from pathlib import Path

from fireexit.core import demand_plain
from tools.compiling import ROOT, compile_tree, copy_to, listed

COPY = ROOT / "runs" / "bench" / "compiled"


def plain() -> Path:
    """This checkout. Exits if its core is compiled."""
    demand_plain("benchmarks compare plain Python with a compiled copy")
    return ROOT


@cache
def compiled() -> Path:
    """The copy, compiled anew."""
    print("compiling a copy …", file=sys.stderr)
    copy_to(COPY)
    compile_tree(COPY, listed())
    return COPY
