"""fireexit: under overload, do risk-reducing orders still get through?

`check` runs a scenario against a policy and returns the verdict document. Names are loaded when they are
first asked for: a run's directory can be read and verified where nothing that makes load is installed.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from fireexit.version import __version__

if TYPE_CHECKING:
    from fireexit.errors import ElsewhereError, UsageError
    from fireexit.exchange import Exchange, ExchangeError
    from fireexit.main_path import check
    from fireexit.options import CheckOptions
    from fireexit.result import CheckResult
    from fireexit.try_out import TryOut

_WHERE = {
    "CheckOptions": "options",
    "CheckResult": "result",
    "ElsewhereError": "errors",
    "Exchange": "exchange",
    "ExchangeError": "exchange",
    "TryOut": "try_out",
    "UsageError": "errors",
    "check": "main_path",
}
__all__ = [
    "CheckOptions",
    "CheckResult",
    "ElsewhereError",
    "Exchange",
    "ExchangeError",
    "TryOut",
    "UsageError",
    "__version__",
    "check",
]


def __getattr__(name: str) -> object:
    if name not in _WHERE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_WHERE[name]}"), name)
