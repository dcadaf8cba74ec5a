"""Reading what somebody else may have written: whatever is wrong with it is one line for the user."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from fireexit.errors import MALFORMED, UsageError
from judging.evidence.manifest import EvidenceError


@contextmanager
def read_with_care(what: str) -> Iterator[None]:
    """Raises UsageError for what is no run, and for `what` where it is malformed."""
    try:
        yield
    except EvidenceError as error:
        raise UsageError(str(error)) from None
    except UsageError:
        raise
    except MALFORMED as error:
        raise UsageError(f"{what} is malformed: {type(error).__name__}: {error}") from None
