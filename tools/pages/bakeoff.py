"""Rewrites `docs/bakeoff.md` and its heat map: every policy under every scenario, judged by `strict`."""

from __future__ import annotations

import sys
import time

from fireexit.bake_off import run_bake_off
from fireexit.prepare import REPLICATIONS
from judging.report.bakeoff import to_markdown
from judging.report.heat_map import to_svg
from loadgen.scenarios import bake_off_names
from mock_exchange.gateway.policies import NAMES
from tools.pages import DOCS

PAGE = DOCS / "bakeoff.md"
PICTURE = DOCS / "bakeoff.svg"
SEED = 7
HEAD = """# The bake-off

Every shipped policy under every shipped scenario, simulated with the same traffic for all policies and
judged by the contract `strict`. Made by `make bakeoff`; the figures are exact for their seed. What follows
from them for a gateway of your own is on [another page](choosing-a-policy.md).

![Verdict of each policy under each scenario](bakeoff.svg)

- **exit accepted**: of the attempts that truly reduce and serve a decision to get smaller, those accepted.
- **opening accepted**: the same of openings. **goodput**: of the engine's capacity in seconds with excess
  demand, what went into answers that counted. **wasted**: of all engine time, what went into anything else.
- **flat p50, p99**: time from a decision to reduce to the fill that completes it (Kaplan–Meier; *never*:
  the run does not show it).
- **starved**: fifths of a second in which openings were offered and none got in. **leak**: share of feigned
  attempts past the gate beyond that of honest openings. **recovery**: seconds after the load has fallen
  until openings are back to 95 % (median; – where the load does not fall, or half of the runs never come
  back).
- **breaks**: the clauses of the contract that are broken. A cell ends as soon as one is, beyond doubt: others
  may break, too. `calm` has no overload and decides nothing.

"""


def main() -> None:
    def progress(share: float) -> None:
        sys.stderr.write(f"\rbake-off: {share:.0%}")
        sys.stderr.flush()

    began = time.monotonic()
    bake_off = run_bake_off(
        list(NAMES), bake_off_names(), "strict", SEED, REPLICATIONS, progress=progress, stop_early=True
    )
    PAGE.write_text(HEAD + to_markdown(bake_off), encoding="utf-8")
    PICTURE.write_text(to_svg(bake_off), encoding="utf-8")
    sys.stderr.write(f"\n{len(bake_off.cells)} cells in {time.monotonic() - began:.0f} s\n")


if __name__ == "__main__":
    main()
