"""`locust -f fireexit/locustfile.py`: the same traders, in Locust's web UI or headless.

Without --host it starts a mock exchange of its own; see `--help` for --scenario, --policy and the rest.
"""

from fireexit.locust_face import LocustFace
from loadgen.drive.locust_hooks import FireExitTraders, register
from loadgen.webui.extension import extend

__all__ = ["FireExitTraders"]

register(LocustFace(), extend)
