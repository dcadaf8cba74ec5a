"""What crosses between a gateway and its policy: plain values that JSON carries without loss, no name, no
object of ours, and nothing that only the engine knows. Asking writes nothing."""

from __future__ import annotations

import pickle
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from mock_exchange.errors import Refused
from mock_exchange.gateway.faults import Fault
from mock_exchange.gateway.nodes import node_number
from mock_exchange.gateway.policies import NAMES, Policy, UnknownPolicyError, load_policy
from mock_exchange.gateway.policies.hooks import HOOKS, PolicyError
from mock_exchange.gateway.policies.messages import (
    ADMIT,
    EVICT,
    SHED,
    Decision,
    End,
    NodeView,
    Note,
    Request,
    Turn,
    World,
    view_type,
)
from mock_exchange.tryout import TryOut
from run_records.journal import OutcomeRow
from run_records.units import NS_PER_MS, NS_PER_S
from run_records.words import Class
from tests.engine.test_questions import snapshot
from tests.gateway.test_mechanisms import QUICK, traffic
from tests.support import Caller, venue_of

ANSWERS = {"admit": Decision, "keep": bool, "rank": int, "victim": int | None, "gauges": dict[str, float]}
PLAIN = (int, str, bool, float, type(None), Class)
CALM: dict[str, Any] = {
    "accounts": 8,
    "position": "20",
    "slots": 6,
    "service": QUICK,
    "deadline_ms": 60,
    "handling": {"law": "exponential", "mean_ms": 3},
}


def over_the_wire(policy: Policy, seen: list[tuple[str, bytes]]) -> Policy:
    """The policy as if it stood on another machine: it is handed what can be read back from JSON, and what it
    answers is read back as well. `seen` gets every message."""
    types: dict[str, Any] = {
        "world": World,
        "request": Request,
        "note": Note,
        "end": End,
        "turn": Turn,
        "answered": bool,
        "node": view_type(getattr(policy, "asks", ())),
    }

    def carried(hook: str, method: Callable[..., Any]) -> Callable[..., Any]:
        def call(self: object, *messages: Any) -> Any:
            copies = []
            for name, message in zip(HOOKS[hook], messages, strict=True):
                text = msgspec.json.encode(message)
                copy = msgspec.json.decode(text, type=types[name])
                assert copy == message
                assert type(copy) is type(message) or message is None
                assert all(type(value) in PLAIN for value in leaves(message)), message
                seen.append((name, text))
                copies.append(copy)
            answer = method(*copies)
            if hook not in ANSWERS:
                return None
            back = msgspec.json.decode(msgspec.json.encode(answer), type=ANSWERS[hook])
            assert back == answer
            return back

        return call

    hooks = {name: carried(name, getattr(policy, name)) for name in HOOKS if hasattr(policy, name)}
    made = type("OverTheWire", (), {**hooks, "asks": getattr(policy, "asks", ())})()
    assert isinstance(made, Policy)
    return made


def leaves(value: Any) -> Iterator[Any]:
    if isinstance(value, msgspec.Struct):
        for name in value.__struct_fields__:
            yield from leaves(getattr(value, name))
    elif type(value) in (list, tuple):
        for item in value:
            yield from leaves(item)
    elif type(value) is dict:
        yield from leaves([*value, *value.values()])
    else:
        yield value


@pytest.mark.parametrize("name", NAMES)
def test_a_policy_on_another_machine_decides_the_same(name: str) -> None:
    """All hooks of all shipped policies, through JSON and back: the venue's journal is the same to the
    byte."""
    journals, seen = [], list[tuple[str, bytes]]()
    for policy in (load_policy(name), over_the_wire(load_policy(name), seen)):
        venue, timeline = venue_of(policy="none", **CALM)
        venue.gateway.install(policy)
        traffic(venue, timeline, seconds=2.0, rate=300)
        policy_gauges = venue.gateway.backend.boundary.gauges()
        assert all(isinstance(value, int | float) for value in policy_gauges.values())
        assert venue.gateway.backend.boundary.notes == {}, "a note outlived its attempt"
        journals.append(msgspec.json.encode(venue.journal.rows))
    assert journals[0] == journals[1]
    assert {kind for kind, _ in seen} >= {"request", "node"}
    names = [account.encode() for account in venue.engine.accounts]
    assert not any(b'"%s"' % account in text for _, text in seen for account in names), "a name crossed"


def test_all_messages_of_all_hooks_have_crossed() -> None:
    """Over all policies together: none of the hooks goes untested."""
    used = {hook for name in NAMES for hook in HOOKS if hasattr(load_policy(name), hook)}
    assert used == set(HOOKS)


class Noting:
    """Keeps every message."""

    asks = ("reducible", "known_open", "marketable", "queue_ages_ns")

    def __init__(self) -> None:
        self._messages: list[tuple[Any, ...]] = []

    def admit(self, request: Request, node: NodeView) -> Decision:
        self._messages.append((request, node))
        return Decision("admit", reserve=True, note=request.number)

    def done(self, request: Request, note: Note, end: End) -> None:
        self._messages.append((request, note, end))

    def keep(self, request: Request, note: Note, turn: Turn) -> bool:
        assert note == request.number
        return True


def told(**engine_only: str) -> list[tuple[Any, ...]]:
    """What a policy is told of a reducing order, an amendment and a cancel while the copy of positions still
    shows the state before; `engine_only` is what the engine has done since."""
    policy = Noting()
    venue, timeline = venue_of(policy="none", position="1", replica_lag_ms=500, accounts=2)
    caller = Caller(venue)
    caller.order("SELL", "0.5", timeInForce="GTC", price="101000.00", reduceOnly="true", newClientOrderId="x")
    timeline.run_until(NS_PER_S)
    if engine_only:
        venue.commands.place(caller.account, request_of(**engine_only))
    venue.gateway.install(policy)
    caller.order("SELL", "0.4", type="MARKET", reduceOnly="true")
    named = {"symbol": "BTCUSDT", "origClientOrderId": "x"}
    caller("PUT", "/fapi/v1/order", **named, side="SELL", quantity="0.4", price="101000.00")
    caller("DELETE", "/fapi/v1/order", **named)
    return [message for message in policy._messages if len(message) == 2]


def request_of(side: str, quantity: str) -> Any:
    from mock_exchange.gateway.parameters.orders import read_order

    order = {"symbol": "BTCUSDT", "side": side, "quantity": quantity, "type": "LIMIT", "timeInForce": "IOC"}
    return read_order({**order, "price": "99900.00" if side == "SELL" else "100100.00"}, "2026")


def test_what_only_the_engine_knows_changes_no_message() -> None:
    """The position is closed, doubled or turned round within the copy's lag: each is truth, none crosses."""
    as_it_was = told()
    assert [view.reducible for _, view in as_it_was] == [500, 400, 0]
    assert [view.known_open for _, view in as_it_was] == [False, True, True]
    for truth in (
        {"side": "SELL", "quantity": "1"},
        {"side": "SELL", "quantity": "2"},
        {"side": "BUY", "quantity": "1"},
    ):
        assert told(**truth) == as_it_was, truth


def test_asking_writes_nothing() -> None:
    policy = Noting()
    venue, _ = venue_of(policy="none", nodes=2, position="3", slots=50, service=QUICK, replica_lag_ms=40)
    venue.gateway.install(policy)
    callers = [Caller(venue, "a0", f"127.1.0.{n}") for n in range(1, 9)]
    for number, caller in enumerate(callers):
        caller.order("SELL", "0.4", type="MARKET", reduceOnly="true")
        caller.order("BUY", "0.1", timeInForce="GTC", price=f"9{number}000.00")
    backend = venue.gateway.backend
    attempts = [a for shard in backend.shards for a in shard.line()]
    assert len(attempts) > 5
    before = snapshot(venue.engine), pickle.dumps([node.reserved for node in backend.nodes])
    for _ in range(3):
        answers = [
            (ask(a) for a in attempts)
            for ask in (
                backend.knowledge.reducible,
                backend.knowledge.known_open,
                backend.knowledge.marketable,
                backend.knowledge.queue_ages_ns,
            )
        ]
        assert all(list(row) for row in answers)
    assert (snapshot(venue.engine), pickle.dumps([node.reserved for node in backend.nodes])) == before


def test_queue_ages_are_those_of_the_node_by_priority() -> None:
    class Ages:
        asks = ("queue_ages_ns",)

        def __init__(self) -> None:
            self._views: list[NodeView] = []

        def admit(self, request: Request, node: NodeView) -> Decision:
            self._views.append(node)
            return Decision("admit", priority=3 if request.klass == "opening" else 1)

    policy = Ages()
    gate = TryOut(policy, slots=50, service_ms=100, position="1")
    gate.opening()
    gate.wait(10)
    gate.opening()  # the first is in service, so this one waits
    gate.wait(10)
    gate.reducing("0.1")
    gate.wait(5)
    gate.opening()
    ages = [view.queue_ages_ns for view in policy._views]
    ms = [[age // NS_PER_MS for age in row] for row in ages]
    assert ms[2] == [0, 0, 0, 10, 0, 0, 0, 0]
    assert ms[3] == [0, 5, 0, 15, 0, 0, 0, 0]


def test_what_is_not_asked_for_is_not_there() -> None:
    class Careless:
        def admit(self, request: Request, node: NodeView) -> Decision:
            return ADMIT if node.reducible else SHED

    gate = TryOut(Careless(), slots=1)
    with pytest.raises(PolicyError, match=r"no attribute 'reducible'; list 'reducible' in `asks`"):
        gate.opening()


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("def admited(self, request, note): pass", r"has a method admited\(\), which no gateway calls"),
        ("def priority(self, attempt): return 0", "a priority is a part of the Decision"),
        (
            "def done(self, attempt, code, now, more): pass",
            r"done\(\) that does not take \(request, note, end\)",
        ),
        ("def keep(self, request): return True", r"keep\(\) that does not take \(request, note, turn\)"),
        ("asks = ('truth',)", "asks must be a tuple of reducible, known_open, marketable, queue_ages_ns"),
        ("asks = ['reducible']", "asks must be a tuple of"),
        ("asks = ('reducible', 'reducible')", "asks must be a tuple of"),
        ("asks = ([],)", "asks must be a tuple of"),
        ("async def keep(self, request, note, turn): return True", "must be a plain function: no async"),
        ("def rank(self, request, note, answered): yield 1", "must be a plain function: no async, no yield"),
        ("keep = 5", "has keep, which must be a method"),
        ("def __init__(self): self.rnak = lambda: 1", r"has a method rnak\(\), which no gateway calls"),
        ("def __getattr__(self, name): raise ValueError(name)", "cannot be looked at: ValueError"),
    ],
)
def test_a_method_that_no_gateway_calls_is_an_error_at_load(tmp_path: Path, body: str, words: str) -> None:
    path = tmp_path / "mine.py"
    path.write_text(f"class Mine:\n    def admit(self, request, node): ...\n    {body}\n")
    with pytest.raises(UnknownPolicyError, match=words):
        load_policy(str(path))


def test_methods_of_its_own_begin_with_an_underscore(tmp_path: Path) -> None:
    path = tmp_path / "mine.py"
    path.write_text("class Mine:\n    def admit(self, request, node): ...\n    def _help(self): ...\n")
    assert load_policy(str(path))


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (0, "must return a Decision, not 0"),
        (None, "must return a Decision, not None"),
        (Decision("admit", priority=8), "priority 8 is not a whole number from 0 to 7"),
        (Decision("admit", priority=True), "priority True is not a whole number"),
        (Decision("amdit"), "to admit, shed or evict, not 'amdit'"),  # type: ignore[arg-type]
        (Decision("shed", code=-99999), "-99999 is no code that the venue documents"),
        (Decision("shed", code=-503), "-503 is no code that the venue documents for a refusal"),
        (Decision("shed", code=-2022.0), "-2022.0 is no code"),  # type: ignore[arg-type]
        (Decision("admit", reserve="no"), "reserve is true or false, not 'no'"),  # type: ignore[arg-type]
        (Decision("admit", note=object()), "a note is what JSON can hold, not <object objec"),
    ],
)
def test_answers_that_no_gateway_can_act_on(answer: int | Decision | None, words: str) -> None:
    class Odd:
        def admit(self, request: Request, node: NodeView) -> Any:
            return answer

    with pytest.raises(PolicyError, match=words):
        TryOut(Odd(), slots=1).opening()


class Evicting:
    """Names a victim, whoever that is."""

    def __init__(self, name: Callable[[], int | None]) -> None:
        self._name = name

    def admit(self, request: Request, node: NodeView) -> Decision:
        return ADMIT if node.in_flight < node.slots else EVICT

    def victim(self, request: Request, node: NodeView) -> int | None:
        return self._name()


@pytest.mark.parametrize(
    ("number", "gets_in"),
    [(2, True), (3, True), (1, False), (None, False), (99, False)],
    ids=["waits", "waits, newest", "in service", "nobody", "unknown"],
)
def test_only_who_waits_can_be_evicted(number: int | None, gets_in: bool) -> None:
    gate = TryOut(Evicting(lambda: number), slots=3, service_ms=50)
    assert [gate.opening() for _ in range(3)] == ["admitted"] * 3
    assert gate.opening() == ("admitted" if gets_in else "shed")
    assert gate.evicted() == gets_in
    gate.run()
    assert gate.venue.close_books() == []


def test_nobody_on_another_node_and_nobody_answered_can_be_evicted() -> None:
    options: dict[str, Any] = {
        "nodes": 2,
        "slots": 2,
        "service": {"law": "constant", "mean_ms": 100},
        "deadline_ms": 50,
    }
    venue, timeline = venue_of(policy="none", position="1", **options)
    named: list[int] = []
    venue.gateway.install(Evicting(lambda: named[-1]))
    addresses = [f"127.1.0.{last}" for last in range(1, 60)]
    here, there = (next(ip for ip in addresses if node_number(ip, 2) == node) for node in (0, 1))
    for ip in (here, here, there, there):
        Caller(venue, ip=ip).order()
    named.append(3)  # waits on the other node
    assert Caller(venue, ip=here).order()[0].code == -1008
    timeline.run_until(60 * NS_PER_MS)  # all are answered late and still wait
    for ip in (here, here):
        Caller(venue, ip=ip).order()
    named.append(2)  # waits, has been answered: it is executed
    assert Caller(venue, ip=here).order()[0].code == -1008
    timeline.run_until(NS_PER_S)
    assert sum(row.code == 0 for row in venue.journal.rows if isinstance(row, OutcomeRow)) == 0
    assert len(venue.account("a0").history) >= 6


def test_another_policy_finds_no_notes() -> None:
    first, second = Noting(), Noting()
    gate = TryOut(first, slots=9, service_ms=10)
    gate.opening(), gate.opening()

    class Later:
        def __init__(self) -> None:
            self._notes: list[Note] = []

        def admit(self, request: Request, node: NodeView) -> Decision:
            return ADMIT

        def done(self, request: Request, note: Note, end: End) -> None:
            self._notes.append(note)

    later = Later()
    gate.venue.gateway.install(later)
    gate.run()
    assert later._notes == [None, None]
    assert second._messages == []


def test_privileged_accounts_are_the_venues_and_come_by_number() -> None:
    class World2:
        def attach(self, world: World) -> None:
            self._world = world

        def admit(self, request: Request, node: NodeView) -> Decision:
            return ADMIT

    policy = World2()
    gate = TryOut(policy, slots=4, accounts=3, privileged=["a2"])
    assert policy._world.privileged == (gate.venue.account("a2").number,)
    assert policy._world.slots == (4,)
    assert policy._world.symbols["BTCUSDT"] == (2, 3)


@pytest.mark.parametrize(
    ("hook", "answer", "words"),
    [
        ("keep", None, r"keep\(\) must return True or False, not None"),
        ("rank", 1.5, r"rank\(\) must return a whole number, not 1.5"),
        ("victim", "2", r"victim\(\) must return the number of an attempt or None, not '2'"),
    ],
)
def test_answers_of_other_hooks_are_checked(hook: str, answer: float | str | None, words: str) -> None:
    made = type("Odd", (Evicting,), {hook: lambda self, *messages: answer})(lambda: None)
    gate = TryOut(made, slots=2, service_ms=10)
    with pytest.raises(PolicyError, match=words):
        [gate.opening() for _ in range(3)]


@pytest.mark.parametrize("hook", [name for name in HOOKS if name != "gauges"])
@pytest.mark.parametrize(
    "error", [KeyError("x"), SystemExit(0), StopIteration(), GeneratorExit(), Refused(-2022)]
)
def test_whatever_a_policy_raises_is_its_failure_and_nothing_else(hook: str, error: Any) -> None:
    """An exit is not the run's, and a refusal of the venue's own kind is no refusal by the venue."""

    def fail(*messages: Any) -> Any:
        raise error

    def meet() -> None:
        made = type("Failing", (Evicting,), {hook: lambda self, *messages: fail()})(lambda: None)
        gate = TryOut(made, slots=2, service_ms=10)
        for _ in range(4):
            gate.opening()
        gate.run()

    with pytest.raises(PolicyError, match=rf"{hook}\(\) raised {type(error).__name__}"):
        meet()


def test_a_policy_that_cannot_take_over_leaves_the_one_before_in_charge() -> None:
    class Unable(Noting):
        def rank(self, request: Request, note: Note, answered: bool) -> int:
            return int(note)  # of strangers there is none

    first = Noting()
    gate = TryOut(first, slots=9, service_ms=10)
    for _ in range(4):
        gate.opening()
    with pytest.raises(PolicyError, match=r"rank\(\) raised TypeError"):
        gate.venue.gateway.install(Unable())
    assert gate.opening() == "admitted"
    gate.run()
    assert gate.venue.close_books() == []
    assert len([m for m in first._messages if len(m) == 3]) == 5


def test_cancel_all_is_told_of_orders_that_the_copy_still_shows() -> None:
    policy = Noting()
    venue, timeline = venue_of(policy="none", position="1", replica_lag_ms=500)
    caller = Caller(venue)
    caller.order("BUY", "0.5", timeInForce="GTC", price="99000.00")
    timeline.run_until(NS_PER_S)
    venue.gateway.install(policy)
    caller("DELETE", "/fapi/v1/allOpenOrders", symbol="BTCUSDT")
    timeline.run_until(NS_PER_S + 10 * NS_PER_MS)
    caller("DELETE", "/fapi/v1/allOpenOrders", symbol="BTCUSDT")
    timeline.run_until(2 * NS_PER_S)
    caller("DELETE", "/fapi/v1/allOpenOrders", symbol="BTCUSDT")
    views = [message[1] for message in policy._messages if len(message) == 2]
    assert [view.known_open for view in views] == [True, True, False]


def test_fair_names_nobody_who_has_been_answered() -> None:
    """Answered before they came to wait: by a fault on demand."""
    gate = TryOut(load_policy("fair"), slots=9, accounts=2, service_ms=100)
    for _ in range(4):
        gate.opening()
    for _ in range(3):
        gate.venue.gateway.faults.add(Fault("backend-timeout", -1007))
        gate.opening()
    for _ in range(5):
        gate.opening()  # the node is full again: three slots were free
    assert [gate.opening(account=1) for _ in range(2)] == ["admitted"] * 2
    assert gate.evicted() == 2
    gate.run()
    assert gate.venue.close_books() == []
