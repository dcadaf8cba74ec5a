"""pytest fixture `fireexit_exchange`: a fresh venue for every test, one process for all of them.

    def test_my_bot(fireexit_exchange):
        bot = Bot(fireexit_exchange.url, fireexit_exchange.api_key, fireexit_exchange.secret)
        fireexit_exchange.fault("answer-lost")
        ...

Options travel in a marker: `@pytest.mark.fireexit(epoch="2025-10-10", tls=True)`; they are those of
`fireexit.exchange.Exchange`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from fireexit.exchange import Exchange


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "fireexit(**options): how the fireexit_exchange fixture is started")


@pytest.fixture(scope="session")
def _fireexit_exchanges() -> Iterator[dict[str, Exchange]]:
    started: dict[str, Exchange] = {}
    yield started
    for exchange in started.values():
        exchange.close()


@pytest.fixture
def fireexit_exchange(
    request: pytest.FixtureRequest,
    _fireexit_exchanges: dict[str, Exchange],
) -> Exchange:
    """A mock exchange in its initial state. It is started once per set of options and session, and reset
    before each test."""
    from fireexit.exchange import Exchange

    marker = request.node.get_closest_marker("fireexit")
    options: dict[str, Any] = dict(marker.kwargs) if marker is not None else {}
    key = repr(sorted(options.items()))
    if key in _fireexit_exchanges:
        _fireexit_exchanges[key].reset()
    else:
        _fireexit_exchanges[key] = Exchange(**options)
    return _fireexit_exchanges[key]
