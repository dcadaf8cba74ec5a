"""Verbs: what a trader asks for is what it gets, with and without waiting."""

from __future__ import annotations

from typing import Any

from loadgen.drive.runner import Runner, Sent
from loadgen.traders.verbs import Abandon, Intend, Now, Reply, Send, Sleep, Start, Trader
from mock_exchange.clock import Timeline
from mock_exchange.errors import CLIENT_TIMEOUT
from run_records.clients import AbandonRow, IntentRow, attempts_file, intents_file
from run_records.words import OPENING

MS = 1_000_000


class Slow:
    """A transport that answers after a while, or never."""

    def __init__(self, timeline: Timeline, after_ns: int | None) -> None:
        self.timeline = timeline
        self.after_ns = after_ns

    def send(self, sent: Sent) -> None:
        sent.key = "k"
        if self.after_ns is not None:
            self.timeline.call_at(self.timeline.now() + self.after_ns, sent.answered, 200, 0, dict)


def order(**options: Any) -> Send:
    return Send("POST", "/fapi/v1/order", {"symbol": "BTCUSDT"}, OPENING, **options)


def run(trader: Trader, after_ns: int | None = 5 * MS) -> Runner:
    timeline = Timeline()
    runner = Runner(timeline, Slow(timeline, after_ns), attempts_file(None), intents_file(None), ["a"])
    runner.add("t", 0, trader)
    timeline.run_until(100 * MS)
    return runner


def test_waiting_for_an_answer_and_not_waiting() -> None:
    seen: list[Any] = []

    def trader() -> Trader:
        reply = yield order()
        seen.append((yield Now()))
        assert isinstance(reply, Reply)
        assert reply.accepted
        assert (yield order(wait=False)) is None
        seen.append((yield Now()))

    runner = run(trader())
    assert seen == [5 * MS, 5 * MS]
    assert runner.in_flight == 0
    assert [(row.intended, row.answered) for row in runner.attempts.rows] == [(0, 5 * MS), (5 * MS, 10 * MS)]


def test_sleep_does_not_drift_and_children_run_beside_their_parent() -> None:
    seen: list[tuple[str, int]] = []

    def child() -> Trader:
        yield order()
        seen.append(("child", (yield Now())))

    def trader() -> Trader:
        for _ in range(3):
            yield Sleep(2 * MS)
            yield Start(child())
            seen.append(("parent", (yield Now())))

    run(trader())
    assert [s for s in seen if s[0] == "parent"] == [
        ("parent", 2 * MS),
        ("parent", 4 * MS),
        ("parent", 6 * MS),
    ]
    assert [s for s in seen if s[0] == "child"] == [("child", 7 * MS), ("child", 9 * MS), ("child", 11 * MS)]


def test_a_client_gives_up_once_and_late_answers_are_ignored() -> None:
    replies: list[Any] = []

    def trader() -> Trader:
        replies.append((yield order(timeout_ns=3 * MS)))

    runner = run(trader(), after_ns=5 * MS)
    assert [(r.code, r.unknown) for r in replies] == [(CLIENT_TIMEOUT, True)]
    assert [(row.answered, row.code) for row in runner.attempts.rows] == [(3 * MS, CLIENT_TIMEOUT)]


def test_intents_are_numbered_and_written_down() -> None:
    def trader() -> Trader:
        first = yield Intend("BTCUSDT", "1")
        second = yield Intend("BTCUSDT", "2")
        yield Abandon(first)
        assert (first, second) == (0, 1)

    rows = run(trader()).intents.rows
    assert [(type(row), row.number) for row in rows] == [(IntentRow, 0), (IntentRow, 1), (AbandonRow, 0)]


def test_after_close_nobody_sends_but_answers_still_arrive() -> None:
    def trader() -> Trader:
        yield order(wait=False)
        yield Sleep(10 * MS)
        yield order()

    timeline = Timeline()
    runner = Runner(timeline, Slow(timeline, 20 * MS), attempts_file(None), intents_file(None), ["a"])
    runner.add("t", 0, trader())
    timeline.run_until(MS)
    runner.close()
    timeline.run_until(100 * MS)
    assert (runner.sent, len(runner.attempts.rows)) == (1, 1)
