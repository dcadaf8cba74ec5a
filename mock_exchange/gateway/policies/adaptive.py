"""`adaptive`: the limit follows measured delay instead of a number in a file, and openings are shed first."""

from __future__ import annotations

from mock_exchange.errors import UNKNOWN_503
from mock_exchange.gateway.policies.limits import LAWS, LimitLaw
from mock_exchange.gateway.policies.messages import ADMIT, SHED, Decision, End, NodeView, Note, Request, World
from run_records.units import NS_PER_MS
from run_records.words import OPENING

LATE = frozenset((UNKNOWN_503, -1007))
INITIAL = 20
LEAST_SAMPLES = 10


class _Window:
    """What one node has answered since the window began."""

    __slots__ = ("dropped", "ends", "law", "most_in_flight", "samples", "total_ns")

    def __init__(self, law: LimitLaw) -> None:
        self.law = law
        self.begin(0)

    def begin(self, ends: int) -> None:
        self.ends = ends
        self.samples = self.total_ns = self.most_in_flight = 0
        self.dropped = False


class Adaptive:
    """Opening: admit iff n < L. Reducing and cancel: admit iff n < 2 L. Every `window_ms` with at least ten
    answers, L is updated by the chosen law from their mean time in the gateway; L stays between `least`
    and the node's slots.

    - Short times: L grows, up to all slots.
    - Queue behind the gate: times grow, L shrinks until the queue is short, whatever the slots are.
    - The mix changes under it: several windows pass before L fits again.

    Parameters: `law` (vegas, gradient2, aimd), `window_ms` (100), `least` (5), `slow_ms` (0: off; otherwise
    a mean above it counts as a drop, which aimd needs to see delay at all).
    Source: see `limits`.

    >>> from mock_exchange.tryout import TryOut
    >>> policy = Adaptive(window_ms=50)
    >>> gate = TryOut(policy, slots=3000, service_ms=5)
    >>> gate.flood(every_ms=3, count=600)
    >>> gate.run(), 5 <= policy.gauges()["limit-0"] < 60
    (None, True)
    """

    def __init__(
        self, law: str = "vegas", window_ms: float = 100, least: int = 5, slow_ms: float = 0
    ) -> None:
        if law not in LAWS:
            raise ValueError(f"law must be one of {', '.join(LAWS)}, not {law!r}")
        if window_ms <= 0 or least < 1 or slow_ms < 0:
            raise ValueError("window_ms must be positive, least at least 1, slow_ms not negative")
        self._law = LAWS[law]
        self._window_ns = round(window_ms * NS_PER_MS)
        self._least = least
        self._slow_ns = slow_ms * NS_PER_MS
        self._windows: list[_Window] = []

    def attach(self, world: World) -> None:
        self._windows = [
            _Window(self._law(min(INITIAL, slots), min(self._least, slots), slots)) for slots in world.slots
        ]

    def gauges(self) -> dict[str, float]:
        return {f"limit-{node}": window.law.limit for node, window in enumerate(self._windows)}

    def admit(self, request: Request, node: NodeView) -> Decision:
        window = self._windows[request.node]
        limit = min(window.law.limit, node.slots)
        window.most_in_flight = max(window.most_in_flight, node.in_flight)
        return ADMIT if node.in_flight < (limit if request.klass is OPENING else 2 * limit) else SHED

    def done(self, request: Request, note: Note, end: End) -> None:
        window = self._windows[request.node]
        now = end.now_ns
        window.samples += 1
        window.total_ns += now - end.admitted_ns
        if end.code in LATE:
            window.dropped = True
        if now >= window.ends and window.samples >= LEAST_SAMPLES:
            mean = window.total_ns / window.samples
            slow = bool(self._slow_ns) and mean > self._slow_ns
            window.law.update(mean, window.most_in_flight, window.dropped or slow)
            window.begin(now + self._window_ns)
