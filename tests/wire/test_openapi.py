"""The OpenAPI description is valid, complete, and the one that is committed."""

from __future__ import annotations

import json
from pathlib import Path

from openapi_spec_validator import validate

from mock_exchange.wire.openapi import document
from mock_exchange.wire.routes import ROUTES

COMMITTED = Path(__file__).parents[2] / "docs" / "openapi.json"


def test_it_is_valid_openapi() -> None:
    validate(document())


def test_it_describes_every_endpoint() -> None:
    described = {
        (method.upper(), path) for path, methods in document()["paths"].items() for method in methods
    }
    assert described == set(ROUTES)


def test_the_committed_description_is_current() -> None:
    assert json.loads(COMMITTED.read_text(encoding="utf-8")) == document(), "run `make pages`"
