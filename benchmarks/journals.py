"""What it costs to keep a journal that its venue can be started again from, or one that is on the disk before
an answer: `python -m benchmarks.journals [REPEATS]`. Signed orders, each kind in turn."""

from __future__ import annotations

import sys
from functools import partial

from benchmarks.processes import Rate, interleaved, ratio, server_rate

KINDS = ("plain", "resumable", "durable")


def _rate(kind: str) -> Rate:
    return server_rate(("benchmarks.exchange_server", "accept", kind), "benchmarks.order_client", "3", "200")


def main(repeats: int = 5) -> None:
    found = interleaved({kind: partial(_rate, kind) for kind in KINDS}, repeats)
    for kind in KINDS[1:]:
        for by in ("cpu", "wall"):
            r = ratio(found, kind, KINDS[0], by)
            print(f"{kind} / plain, by {by}: {r.median:.3f}   ({r.least:.3f} … {r.greatest:.3f})")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 5)
