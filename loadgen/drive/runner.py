"""Steps traders along a timeline and writes down what they did. The same for every driver.

A trader's `Sleep` ends at its due instant however late the driver is, so that an arrival keeps its
place in the schedule and its latency counts from the moment it should have left.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, Final, Protocol

from loadgen.drive.answers import executed_quantity, leg_code
from loadgen.live.ledger import Ledger
from loadgen.traders.verbs import NO_INTENT, Abandon, Intend, Leg, Now, Reply, Send, Sleep, Start, Trader
from mock_exchange.clock import TRADERS, ConstantDelay, Timeline
from mock_exchange.errors import CLIENT_TIMEOUT, NOT_SENT, meaning_of
from run_records.clients import AbandonRow, AttemptRow, IntentRow
from run_records.lines import Lines
from run_records.words import OPENING, QUERY, REDUCING, Meaning

_ACCEPTED: Final = Meaning.ACCEPTED
_THINNED: Final = (OPENING, REDUCING)
"""Classes of which a share is left out where not all can be sent."""


def _shown(answer: Any) -> Any:
    return answer


class Task:
    """A running trader (or a child of one) and the account it trades on."""

    __slots__ = ("account", "generator", "name")

    def __init__(self, name: str, account: int, generator: Trader) -> None:
        self.name = name
        self.account = account
        self.generator = generator


class Sent:
    """A request on its way: settled by an answer, a broken connection or the client's own timeout. Its `key`
    names it in the records of both sides."""

    __slots__ = ("intended", "key", "runner", "sent", "settled", "task", "verb")

    def __init__(self, runner: Runner, task: Task, verb: Send, intended: int, sent: int) -> None:
        self.runner = runner
        self.task = task
        self.verb = verb
        self.intended = intended
        self.sent = sent
        self.key: str | int = ""
        self.settled = False

    def answered(self, http: int, code: int, body: Callable[[], Any]) -> None:
        """Called by the transport, at most once to any effect. `body` makes the JSON data if asked."""
        if not self.settled:
            self.settled = True
            self.runner.finish(self, http, code, body)

    def missed(self) -> None:
        """Called by the transport where it could not be sent."""
        self.settled = True
        self.runner.in_flight -= 1
        self.runner.miss(self.task, self.verb)


class Transport(Protocol):
    """Carries requests. `send` sets `sent.key` and calls `sent.answered` now or later, or `sent.missed`."""

    def send(self, sent: Sent) -> None: ...


Observer = Callable[[Sent, int, int, int], None]
"""(sent, answered, http, code) of every finished request, queries too."""


class Runner:
    """Any number of traders on one timeline. After `close` no trader sends any more; requests in flight
    still get their answers. A `ledger` counts along, for whoever watches the run. `lets` says whether what
    is due at an instant is sent; None sends all."""

    def __init__(
        self,
        timeline: Timeline,
        transport: Transport,
        attempts: Lines[AttemptRow],
        intents: Lines[IntentRow | AbandonRow],
        account_names: list[str],
        observer: Observer | None = None,
        first_intent: int = 0,
        ledger: Ledger | None = None,
        lets: Callable[[int], bool] | None = None,
    ) -> None:
        self._lets = lets
        self.timeline = timeline
        self.transport = transport
        self.attempts = attempts
        self.intents = intents
        self.account_names = account_names
        self.observer = observer
        self.ledger = ledger
        self.closed = False
        self.heard_at = 0
        """When what is answered next was heard, where that may be later than the timeline has come."""
        self.in_flight = 0
        self.sent = 0
        self._next_intent = first_intent
        self._timeouts: dict[int, ConstantDelay] = {}

    def add(self, name: str, account: int, trader: Trader) -> None:
        """A trader that starts at the timeline's present instant."""
        task = Task(name, account, trader)
        self.timeline.call_at(self.timeline.now(), self._step, task, None, rank=TRADERS)

    def close(self) -> None:
        self.closed = True

    def _step(self, task: Task, value: Any) -> None:
        if self.closed:
            # Its `finally` clauses are to run now, not at the end of the process.
            task.generator.close()
            return
        step = task.generator.send
        try:
            while True:
                verb = step(value)
                value = None
                kind = verb.__class__
                if kind is Sleep:
                    due = self.timeline.now() + verb.duration_ns  # type: ignore[union-attr]
                    self.timeline.call_at(due, self._step, task, None, rank=TRADERS)
                    return
                if kind is Send:
                    self._send(task, verb)  # type: ignore[arg-type]
                    if verb.wait:  # type: ignore[union-attr]
                        return
                else:
                    value = self._do(task, verb)
        except StopIteration:
            return

    def _do(self, task: Task, verb: object) -> Any:
        if isinstance(verb, Start):
            self._step(Task(task.name, task.account, verb.child), None)
            return None
        now = self.timeline.now()
        if isinstance(verb, Intend):
            number = self._next_intent
            self._next_intent += 1
            account = self.account_names[task.account]
            self.intents.append(IntentRow(number, now, task.name, account, verb.symbol, verb.quantity))
            if self.ledger is not None:
                self.ledger.begin(number, task.name, verb.symbol, verb.quantity, now)
            return number
        if isinstance(verb, Abandon):
            self.intents.append(AbandonRow(verb.intent, now))
            if self.ledger is not None:
                self.ledger.abandon(verb.intent)
            return None
        if isinstance(verb, Now):
            return now
        raise TypeError(f"trader {task.name} yielded {verb!r}, which is no verb")

    def _send(self, task: Task, verb: Send) -> None:
        now = self.timeline.now()
        self.sent += 1
        if self.ledger is not None:
            self.ledger.offered[verb.klass] += 1
        # Without queries and cancels those who quote would stand there with what they do not know of.
        if self._lets is not None and verb.klass in _THINNED and not self._lets(now):
            self.miss(task, verb)
            return
        sent = Sent(self, task, verb, now, now)
        self.in_flight += 1
        # One queue for each length: timeouts of one length come due in the order of their sending.
        timeout = self._timeouts.get(verb.timeout_ns)
        if timeout is None:
            timeout = ConstantDelay(self.timeline, verb.timeout_ns, self._timed_out)
            self._timeouts[verb.timeout_ns] = timeout
        timeout.start(sent)
        self.transport.send(sent)

    def miss(self, task: Task, verb: Send) -> None:
        """It never left: no attempt, and its trader learns that at once."""
        if self.ledger is not None:
            self.ledger.missed += 1
        if verb.wait:
            reply = Reply(0, NOT_SENT, dict)
            self.timeline.call_at(self.timeline.now(), self._step, task, reply, rank=TRADERS)

    @staticmethod
    def _timed_out(sent: Sent) -> None:
        sent.answered(0, CLIENT_TIMEOUT, dict)

    def finish(self, sent: Sent, http: int, code: int, body: Callable[[], Any]) -> None:
        self.in_flight -= 1
        now = max(self.timeline.now(), self.heard_at)
        verb = sent.verb
        task = sent.task
        if verb.klass is not QUERY:
            self._record(sent, now, http, code, body)
        elif self.ledger is not None and http == 200:
            self.ledger.note(task.account, NO_INTENT, now, body())
        if self.observer is not None:
            self.observer(sent, now, http, code)
        if verb.wait:
            self.timeline.call_at(now, self._step, task, Reply(http, code, body), rank=TRADERS)

    def _record(self, sent: Sent, now: int, http: int, code: int, body: Callable[[], Any]) -> None:
        """One row, or one for each leg of a batch; a leg's code is in the batch's answer, if there is one."""
        verb = sent.verb
        if not verb.legs:
            self._record_order(sent, verb, 0, now, http, code, body)
            return
        answers = body() if http == 200 and code == 0 else None
        for number, leg in enumerate(verb.legs):
            shown = None if answers is None else answers[number]
            leg_ended = code if shown is None else leg_code(shown)
            self._record_order(sent, leg, number, now, http, leg_ended, partial(_shown, shown))

    def _record_order(
        self, sent: Sent, order: Send | Leg, leg: int, now: int, http: int, code: int, body: Callable[[], Any]
    ) -> None:
        params, task, ledger = order.params, sent.task, self.ledger
        meaning = meaning_of(http, code)
        accepted = meaning is _ACCEPTED
        self.attempts.append(
            AttemptRow(
                sent.key,
                leg,
                task.name,
                self.account_names[task.account],
                order.klass,
                sent.verb.method,
                params["symbol"],
                params.get("side", ""),
                params.get("quantity", ""),
                order.intent,
                sent.intended,
                sent.sent,
                now,
                meaning,
                http,
                code,
                "",
                executed_quantity(params, body()) if accepted and order.klass is REDUCING else "",
            )
        )
        if ledger is not None:
            ledger.count(order.klass, order.intent, sent.intended, now, meaning, code)
            if accepted and order.klass is not OPENING:
                ledger.note(task.account, order.intent, now, body())
