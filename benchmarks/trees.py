"""What is measured: this checkout in plain Python, and a copy of it with a compiled core."""

from __future__ import annotations

import sys
from pathlib import Path

from benchmarks.history import digest_of
from fireexit.core import PLAIN, core
from tools.compiling import ROOT, compile_tree, copy_to, listed

COPY = ROOT / "runs" / "bench" / "compiled"


def plain() -> Path:
    """This checkout. Exits if its core is compiled: it is what the other one is compared with."""
    if core() != PLAIN:
        sys.exit("benchmarks compare plain Python with a compiled copy: `make plain` first")
    return ROOT


def compiled() -> Path:
    """The copy, compiled anew if a source has changed since."""
    mark = COPY / "runs" / "digest"
    now = digest_of(ROOT, (".",))
    if not mark.is_file() or mark.read_text() != now:
        print("compiling a copy …", file=sys.stderr)
        copy_to(COPY)
        compile_tree(COPY, listed())
        mark.parent.mkdir(exist_ok=True)
        mark.write_text(now)
    return COPY
