"""Whether the exchange's own books agree: Little's law on every queue, and engine time in all."""

from __future__ import annotations

from judging.reading.ended import Collector, Whole


class Books(Collector):
    def __init__(self) -> None:
        self.queues = 0
        """How many queues closed their books."""
        self.wrong: list[str] = []
        """A line for each of them whose area is not the sum of its waits, to the nanosecond."""
        self.engine_ns = 0
        """Time that the engine was busy."""

    def finish(self, whole: Whole) -> None:
        for station in whole.exchange.stations:
            self.queues += 1
            self.engine_ns += station.busy_ns if station.name.startswith("engine-") else 0
            if station.area_ns != station.waited_ns:
                self.wrong.append(
                    f"Little's law fails at {station.name}: area {station.area_ns} ns, "
                    f"waits {station.waited_ns} ns"
                )
