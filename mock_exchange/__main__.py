"""`python -m mock_exchange --plan FILE`: the exchange alone. Prints one JSON line when it listens."""

from __future__ import annotations

import argparse
import sys
from dataclasses import asdict
from pathlib import Path

import orjson

from mock_exchange.gateway.policies import UnknownPolicyError
from mock_exchange.plan import Plan
from mock_exchange.process import Listening, run_exchange


def main() -> int:
    parser = argparse.ArgumentParser(prog="mock_exchange", description=__doc__)
    parser.add_argument("--plan", type=Path, required=True, help="a fireexit.plan/1 document")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    parser.add_argument("--control-port", type=int, default=0)
    parser.add_argument("--journal", type=Path, help="write every outcome to this file")
    parser.add_argument("--exit-with-parent", action="store_true", help="stop when stdin ends")
    options = parser.parse_args()
    try:
        plan = Plan.from_dict(orjson.loads(options.plan.read_bytes()))
        run_exchange(
            plan,
            host=options.host,
            port=options.port,
            control_port=options.control_port,
            journal_path=options.journal,
            ready=_announce,
            exit_with_parent=options.exit_with_parent,
        )
    except (OSError, ValueError, KeyError, TypeError, UnknownPolicyError) as error:
        print(f"mock_exchange: {error}", file=sys.stderr)
        return 2
    return 0


def _announce(listening: Listening) -> None:
    sys.stdout.buffer.write(orjson.dumps(asdict(listening)) + b"\n")
    sys.stdout.buffer.flush()


if __name__ == "__main__":
    sys.exit(main())
