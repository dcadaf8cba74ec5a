"""`locust -f loadgen/locustfile.py`: the same traders, in Locust's web UI or headless.

Without --host it starts a mock exchange of its own; see `--help` for --scenario, --policy and the rest.
"""

from loadgen.drive.locust_hooks import FireExitTraders, register
from loadgen.drive.session import Session

__all__ = ["FireExitTraders"]

register(Session())
