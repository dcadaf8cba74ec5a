"""A policy of the user's own that fails in a simulation is for the user to mend."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from fireexit.errors import UsageError
from mock_exchange.gateway.policies.hooks import PolicyFailedError


@contextmanager
def blame_policy() -> Iterator[None]:
    """Raises UsageError, in one line, for what it does wrong."""
    try:
        yield
    except PolicyFailedError as error:
        raise UsageError(str(error)) from error
