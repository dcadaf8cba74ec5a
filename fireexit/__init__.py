"""fireexit: under overload, do risk-reducing orders still get through?

`check` runs a scenario against a policy and returns the verdict document.
"""

from fireexit.check import CheckOptions, CheckResult, UsageError, check
from fireexit.version import __version__

__all__ = ["CheckOptions", "CheckResult", "UsageError", "__version__", "check"]
