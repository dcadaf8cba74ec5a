"""Nothing is said to work that no test shows to work."""

from __future__ import annotations

from mock_exchange.errors import error_table
from mock_exchange.wire.routes import ROUTES
from tools.pages.venue import NO_CONDITION, PAGE, STREAMS, page, proofs

# The codes that decide how an order ends, or how a client must react.
THAT_MATTER = (
    -1000,
    -1001,
    -1003,
    -1006,
    -1007,
    -1008,
    -1015,
    -1021,
    -1022,
    -1102,
    -1106,
    -1111,
    -2010,
    -2011,
    -2013,
    -2014,
    -2015,
    -2018,
    -2019,
    -2020,
    -2021,
    -2022,
    -2023,
    -2024,
    -2025,
    -2026,
    -2027,
    -2028,
    -4061,
    -4062,
    -4087,
    -4118,
    -4120,
    -4131,
    -4164,
    -4400,
    -4401,
    -5021,
    -5022,
    -5028,
)


def test_the_committed_page_is_current() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "run `make pages`"


def test_every_endpoint_and_every_stream_has_its_proof() -> None:
    shown = proofs()
    for method, path in ROUTES:
        assert f"{method} {path}" in shown
    for name, _ in STREAMS:
        assert name in shown


def test_every_code_that_matters_has_its_proof_or_no_condition() -> None:
    shown = proofs()
    for code in THAT_MATTER:
        assert (str(code) in shown) or code in NO_CONDITION, code


def test_proofs_name_things_that_exist() -> None:
    known = {f"{method} {path}" for method, path in ROUTES} | {name for name, _ in STREAMS}
    codes = {str(code) for epoch in ("2025-10-10", "2026") for code in error_table(epoch)}
    assert set(proofs()) <= known | codes
