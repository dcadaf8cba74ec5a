"""Writes docs/policy-protocol.json: the schema of what a gateway and a policy in another process say."""

from __future__ import annotations

import json
from pathlib import Path

from mock_exchange.gateway.policies.apart.lines import schema

PAGE = Path(__file__).parents[2] / "docs" / "policy-protocol.json"


def text() -> str:
    return json.dumps(schema(), indent=1) + "\n"


if __name__ == "__main__":
    PAGE.write_text(text(), encoding="utf-8")
