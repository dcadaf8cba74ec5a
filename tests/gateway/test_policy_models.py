"""Policies told messages by hand, against the plainest statement of each law; what parameters may be."""

from __future__ import annotations

import inspect
import math
import re
from collections import defaultdict
from fractions import Fraction
from types import SimpleNamespace
from typing import Any
from zlib import crc32

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mock_exchange.errors import UNKNOWN_503
from mock_exchange.gateway.policies import NAMES, UnknownPolicyError, load_policy
from mock_exchange.gateway.policies.dagor import threshold_down, threshold_up
from mock_exchange.gateway.policies.limits import LAWS, Aimd, Gradient2, Vegas
from mock_exchange.gateway.policies.messages import Decision, End, Request, Turn, World
from run_records.units import NS_PER_MS, NS_PER_S
from run_records.words import CANCEL, OPENING, REDUCING, Class
from tests.support import examples

SYMBOLS = {"BTCUSDT": (2, 3)}


def world(*slots: int, privileged: tuple[int, ...] = (), now_ns: int = 0) -> World:
    return World(now_ns, 0, 7, slots, privileged, SYMBOLS)


def ask(klass: Class = OPENING, account: int = 1, at_ns: int = 0, number: int = 1, node: int = 0) -> Request:
    return Request(
        number,
        node,
        account,
        klass,
        "order",
        "BTCUSDT",
        1,
        "LIMIT",
        10,
        10_000_000,
        0,
        0,
        at_ns,
        at_ns // NS_PER_MS,
    )


def view(in_flight: int = 0, slots: int = 10, **more: Any) -> Any:
    more = {"reducible": 0, "known_open": False, "marketable": False, **more}
    return SimpleNamespace(in_flight=in_flight, slots=slots, **more)


def ready(name: str, parameters: dict[str, Any] | None = None, **told: Any) -> Any:
    policy: Any = load_policy(name, parameters)
    if hasattr(policy, "attach"):
        policy.attach(world(10, 10, **told))
    return policy


# -- parameters ---------------------------------------------------------------------------------------


def test_a_parameter_s_default_is_the_one_that_the_docstring_states() -> None:
    """`target_ms` (10): whoever reads the description sets what is set."""
    stated = 0
    for name in NAMES:
        policy = type(load_policy(name))
        text = " ".join((policy.__doc__ or "").split())
        for key, parameter in inspect.signature(policy).parameters.items():
            found = re.search(rf"`{key}` \(([\d.]+)", text)
            if found is not None:
                stated += 1
                assert float(found[1]) == parameter.default, (name, key)
    assert stated == 17


def test_some_defaults_that_are_measured_not_stated() -> None:
    defaults = {name: inspect.signature(type(load_policy(name))).parameters for name in NAMES}
    assert (defaults["reserved"]["slots"].default, defaults["inverted"]["slots"].default) == (6, 6)
    shares = [defaults["partitions"][key].default for key in ("cancel", "reducing", "opening")]
    assert shares == [0.2, 0.4, 0.4]


@pytest.mark.parametrize(
    ("name", "good", "bad"),
    [
        ("exempt", {"hard_cap": 0}, {"hard_cap": -1}),
        ("verified-exempt", {"hard_cap": 0}, {"hard_cap": -1}),
        ("reserved", {"slots": 0}, {"slots": -1}),
        ("inverted", {"slots": 0}, {"slots": -1}),
        ("partitions", {"opening": 0}, {"opening": -0.01}),
        ("partitions", {"cancel": 1}, {"cancel": 1.01}),
        ("privileged", {"accounts": [1]}, {"accounts": ["1"]}),
        ("dagor", {"queueing_ms": 0.1}, {"queueing_ms": 0}),
        ("dagor", {"window_ms": 0.1}, {"window_ms": 0}),
        ("dagor", {"alpha": 0.01}, {"alpha": 0}),
        ("dagor", {"alpha": 0.99}, {"alpha": 1}),
        ("dagor", {"beta": 0.01}, {"beta": 0}),
        ("dagor", {"beta": 0.99}, {"beta": 1}),
        ("adaptive", {"law": "aimd"}, {"law": "aim"}),
        ("adaptive", {"window_ms": 0.1}, {"window_ms": 0}),
        ("adaptive", {"least": 1}, {"least": 0}),
        ("adaptive", {"slow_ms": 0}, {"slow_ms": -0.1}),
        ("budgeted-lane", {"per_second": 0.1}, {"per_second": 0}),
        ("budgeted-lane", {"burst": 1}, {"burst": 0}),
        ("codel", {"target_ms": 0.1}, {"target_ms": 0}),
        ("codel", {"target_ms": 99, "interval_ms": 100}, {"target_ms": 100, "interval_ms": 100}),
    ],
)
def test_what_a_parameter_may_be(name: str, good: dict[str, Any], bad: dict[str, Any]) -> None:
    load_policy(name, good)
    with pytest.raises(
        UnknownPolicyError, match=f"{name!r} refused its parameters: .*(must|law|numbers|needed)"
    ):
        load_policy(name, bad)


# -- who gets a slot ----------------------------------------------------------------------------------


def acts(policy: Any, klass: Class, *in_flight: int, **more: Any) -> str:
    """`a` for admitted, `s` for shed, `e` for evict: with so many of ten slots held."""
    return "".join(policy.admit(ask(klass), view(held, **more)).act[0] for held in in_flight)


@pytest.mark.parametrize(
    ("name", "parameters", "opening", "reducing", "verified", "cancel"),
    [
        ("none", {}, "aaaa", "aaaa", "aaaa", "aaaa"),
        ("undifferentiated", {}, "aass", "aass", "aass", "aass"),
        ("exempt", {}, "aass", "aaaa", "aaaa", "aaaa"),
        ("exempt", {"hard_cap": 11}, "aass", "aaas", "aaas", "aaas"),
        ("verified-exempt", {}, "aass", "aass", "aaaa", "aaaa"),
        ("verified-exempt", {"hard_cap": 11}, "aass", "aass", "aaas", "aaas"),
        ("reserved", {"slots": 4}, "asss", "aass", "aass", "aass"),
        ("reserved", {"slots": 1}, "asss", "aass", "aass", "aass"),
        ("reserved", {"slots": 0}, "aass", "aass", "aass", "aass"),
        ("inverted", {"slots": 1}, "aass", "asss", "asss", "asss"),
        ("strict-priority", {}, "aass", "aaee", "aaee", "aaee"),
        ("privileged", {"accounts": [1]}, "aaaa", "aaaa", "aaaa", "aaaa"),
        ("privileged", {"accounts": [2]}, "aass", "aass", "aass", "aass"),
        ("fair", {}, "aaee", "aaee", "aaee", "aaee"),
        ("dagor", {}, "aass", "aass", "aass", "aass"),
    ],
)
def test_at_five_nine_ten_and_eleven_of_ten_slots(
    name: str, parameters: dict[str, Any], opening: str, reducing: str, verified: str, cancel: str
) -> None:
    held = (5 if (name, parameters) != ("reserved", {"slots": 1}) else 8, 9, 10, 11)
    if name == "reserved" and parameters["slots"] == 4:
        held = (5, 9, 10, 11)
    found = []
    for klass, more in ((OPENING, {}), (REDUCING, {}), (REDUCING, {"reducible": 1}), (CANCEL, {})):
        policy = ready(name, parameters)
        found.append(acts(policy, klass, *held, **more))
    assert found == [opening, reducing, verified, cancel]


def test_reserved_slots_begin_where_they_should() -> None:
    policy = ready("reserved", {"slots": 4})
    assert (acts(policy, OPENING, 5, 6), policy.gauges()) == ("as", {"reserved-slots": 4})
    policy = ready("inverted", {"slots": 4})
    assert (acts(policy, REDUCING, 5, 6), acts(policy, CANCEL, 5, 6)) == ("as", "as")


def test_privileged_by_the_scenario_s_list_unless_it_has_its_own() -> None:
    named = ready("privileged", None, privileged=(1,))
    assert acts(named, OPENING, 10) == "a"
    assert named.admit(ask(account=1), view(10)).priority < named.admit(ask(account=2), view(0)).priority
    assert acts(ready("privileged", {"accounts": [2]}, privileged=(1,)), OPENING, 10) == "s"


def test_partitions_keep_a_share_for_each_class_where_all_is_held() -> None:
    policy = ready("partitions", {"cancel": 0, "reducing": 0.25, "opening": 1})
    for klass, limit in ((CANCEL, 1), (REDUCING, 3), (OPENING, 10)):  # at least one each, rounded up
        admitted = 0
        while (decision := policy.admit(ask(klass), view(10))).act == "admit":
            policy.admitted(ask(klass), decision.note)
            admitted += 1
        assert (klass, admitted) == (klass, limit)
        policy.done(ask(klass), None, end())  # who was let in by another policy gives nothing back
        assert policy.admit(ask(klass), view(10)).act == "shed"
        policy.done(ask(klass), policy.admit(ask(klass), view(9)).note, end())
        assert policy.admit(ask(klass), view(10)).act == "admit"


def an_end_of_waiting() -> Turn:
    fields: dict[str, Any] = dict.fromkeys(Turn.__struct_fields__, 0)
    return Turn(**fields)


def end(code: int = 0, admitted_ns: int = 0, now_ns: int = 0) -> End:
    fields = dict.fromkeys(End.__struct_fields__, 0)
    return End(**{**fields, "code": code, "admitted_ns": admitted_ns, "now_ns": now_ns})


# -- limits that follow delay -------------------------------------------------------------------------

WINDOWS = st.lists(
    st.tuples(st.integers(0, 60).map(lambda ms: ms * 1e6), st.integers(0, 120), st.booleans()), max_size=60
)


def aimd(limit: float, rtt: float, busy: int, dropped: bool, memory: dict[str, Any]) -> float:
    return math.floor(limit * 0.9) if dropped else limit + (busy * 2 >= limit)


def vegas(limit: float, rtt: float, busy: int, dropped: bool, memory: dict[str, Any]) -> float:
    memory["windows"] = memory.get("windows", 0) + 1
    if memory["windows"] > 30 * limit:
        memory.update(windows=0, best=None)
    best = memory.get("best")
    if not best or rtt < best:
        memory["best"] = rtt
        return limit
    lg = max(1, len(str(int(limit))) - 1)
    queue = math.ceil(limit * (1 - best / rtt)) if rtt else 0
    if dropped:
        return limit - lg
    if busy < limit / 2:
        return limit
    change = 6 * lg if queue <= lg else lg if queue < 3 * lg else -lg if queue > 6 * lg else 0
    return limit + change


def gradient2(limit: float, rtt: float, busy: int, dropped: bool, memory: dict[str, Any]) -> Any:
    seen = memory.setdefault("seen", [])
    seen.append(rtt)
    weight = 1 / len(seen) if len(seen) <= 10 else 2 / 601
    memory["long"] = memory.get("long", 0.0) * (1 - weight) + rtt * weight
    if memory["long"] > 2 * rtt:
        memory["long"] *= 0.95
    if busy < limit / 2 or not rtt:
        return limit
    gradient = min(1.0, max(0.5, 1.5 * memory["long"] / rtt))
    return limit + 0.2 * (gradient * limit + 4 - limit)


@pytest.mark.parametrize(("law", "plain"), [(Aimd, aimd), (Vegas, vegas), (Gradient2, gradient2)])
@examples(120)
@given(windows=WINDOWS, initial=st.integers(1, 120), least=st.integers(1, 20))
def test_a_limit_moves_by_its_law(
    law: Any, plain: Any, windows: list[tuple[float, int, bool]], initial: int, least: int
) -> None:
    found, limit, memory = law(initial, least, 100), float(initial), dict[str, Any]()
    unmoved = True
    for rtt, busy, dropped in windows:
        was = limit
        moved = plain(limit, rtt, busy, dropped, memory)
        unmoved = unmoved and moved == was and law is not Aimd
        limit = moved if unmoved else min(100.0, max(float(least), moved))
        found.update(rtt, busy, dropped)
        assert found.limit == pytest.approx(limit, abs=1e-6)
        limit = found.limit  # rounding must not add up
    assert law in LAWS.values()


def test_a_limit_exactly_half_of_which_is_in_flight_may_move() -> None:
    for law in (Aimd(20, 1, 100), Gradient2(20, 1, 100)):
        law.update(1e7, 10, False)
        assert law.limit > 20
        before = law.limit
        law.update(1e7, int(before // 2) - 1, False)
        assert law.limit == before


def test_adaptive_closes_a_window_by_time_and_number() -> None:
    policy = ready("adaptive", {"law": "aimd", "window_ms": 10, "least": 5, "slow_ms": 50})

    def limit() -> Any:
        return policy.gauges()["limit-0"]

    assert (limit(), policy.gauges()["limit-1"]) == (10, 10)
    policy.admit(ask(), view(9))
    for _ in range(9):
        policy.done(ask(), None, end(now_ns=NS_PER_MS))
    assert limit() == 10, "nine answers are no window"
    policy.done(ask(), None, end(now_ns=NS_PER_MS))
    assert limit() == 10, "no more than the node's slots"
    for _ in range(30):  # the window that began at 1 ms ends at 11
        policy.done(ask(), None, end(code=UNKNOWN_503, now_ns=11 * NS_PER_MS - 1))
    assert limit() == 10
    policy.done(ask(), None, end(now_ns=11 * NS_PER_MS))
    assert limit() == 9, "one that was late is a drop"
    for _ in range(10):
        policy.done(ask(), None, end(now_ns=21 * NS_PER_MS))
    assert limit() == 9, "nothing was in flight: nothing to learn"
    policy.admit(ask(), view(4))
    for at in range(9):
        policy.done(ask(), None, end(now_ns=31 * NS_PER_MS, admitted_ns=0 if at else -2000))
    policy.done(ask(), None, end(now_ns=31 * NS_PER_MS))
    assert limit() == 9, "four are less than half"
    policy.admit(ask(), view(5))
    policy.admit(ask(), view(1))
    for _ in range(10):
        policy.done(ask(), None, end(now_ns=41 * NS_PER_MS))
    assert limit() == 10, "the most that was in flight counts, not the last"
    for mean_ms, after in ((50, 10), (51, 9)):
        policy.admit(ask(), view(1))
        policy.done(ask(), None, end(now_ns=10**10, admitted_ns=10**10 - mean_ms * NS_PER_MS))
        for _ in range(9):
            policy.done(ask(), None, end(now_ns=10**10, admitted_ns=10**10 - mean_ms * NS_PER_MS))
        assert limit() == after, f"a mean of {mean_ms} ms where 50 are slow"
        policy = ready("adaptive", {"law": "aimd", "window_ms": 10, "least": 5, "slow_ms": 50})


def test_adaptive_sheds_openings_at_its_limit_and_others_at_twice_that() -> None:
    policy = ready("adaptive", {"law": "aimd", "window_ms": 10, "least": 5})
    for _ in range(6):
        for _ in range(10):
            policy.done(ask(), None, end(code=-1007, now_ns=10**12))
        policy._windows[0].ends = 0
    assert policy.gauges()["limit-0"] == 5, "never below the least"
    assert acts(policy, OPENING, 4, 5, slots=100) == "as"
    assert (acts(policy, REDUCING, 9, 10, slots=100), acts(policy, CANCEL, 9, 10, slots=100)) == ("as", "as")
    assert acts(policy, REDUCING, 5, 6, 7, slots=3) == "ass", "twice the node's slots, if those are fewer"


# -- budgets ------------------------------------------------------------------------------------------


@examples(200)
@given(
    rows=st.lists(st.tuples(st.integers(0, 1), st.integers(0, 900), st.booleans()), max_size=40),
    per_second=st.sampled_from([1, 2, 4, 5]),
    burst=st.integers(1, 4),
)
def test_a_lane_s_budget_is_a_bucket_of_tokens(
    rows: list[tuple[int, int, bool]], per_second: int, burst: int
) -> None:
    """`burst` tokens, `per_second` new ones; an order that verifiably reduces spends one when admitted."""
    policy, now = ready("budgeted-lane", {"per_second": per_second, "burst": burst}), 5 * NS_PER_S
    tokens = {account: Fraction(burst) for account in (0, 1)}
    for account, later_ms, marketable in rows:
        now += later_ms * NS_PER_MS
        more = Fraction(later_ms * per_second, 1000)
        tokens = {one: min(Fraction(burst), left + more) for one, left in tokens.items()}
        asked = ask(REDUCING, account, now)
        decision = policy.admit(asked, view(10, reducible=5, marketable=marketable))
        assert decision.act == ("evict" if tokens[account] >= 1 else "shed"), (tokens, now)
        if decision.act == "evict":
            assert decision.priority == (0 if marketable else 2)
            policy.admitted(asked, decision.note)
            tokens[account] -= 1


def test_who_is_in_the_lane() -> None:
    policy = ready("budgeted-lane")
    for klass, more, expected in (
        (REDUCING, {"reducible": 1, "marketable": True}, ("evict", 0, True)),
        (CANCEL, {"known_open": True}, ("evict", 1, False)),
        (REDUCING, {"reducible": 1}, ("evict", 2, True)),
        (REDUCING, {}, ("shed", 3, False)),
        (CANCEL, {}, ("shed", 3, False)),
        (OPENING, {"marketable": True}, ("shed", 3, False)),
    ):
        found = policy.admit(ask(klass), view(10, **more))
        assert (found.act, found.priority, found.reserve) == expected
        assert policy.admit(ask(klass), view(9, **more)).act == "admit"
    for note in (1, 3):  # cancels and what is outside spend nothing
        for _ in range(50):
            policy.admitted(ask(CANCEL), note)
    assert policy.admit(ask(REDUCING), view(10, reducible=1)).act == "evict"


# -- fair shares --------------------------------------------------------------------------------------


def test_fire_exit_spends_a_budget_on_each_order_that_rests_and_each_unknown_cancel() -> None:
    policy = ready("fire-exit", {"resting_burst": 2, "burst": 1})

    def note(klass: Class, node: int = 0, **more: Any) -> int:
        request = ask(klass, node=node)
        decision = policy.admit(request, view(**more))
        policy.admitted(request, decision.note)
        return int(decision.priority)

    amendment = {"reducible": 5, "known_open": True}
    assert [note(REDUCING, **amendment) for _ in range(3)] == [2, 2, 3], "an open order excuses no amendment"
    assert [note(CANCEL, known_open=True) for _ in range(9)] == [1] * 9
    assert [note(CANCEL) for _ in range(3)] == [1, 1, 3], "nor do cancels of open orders spend theirs"
    assert [note(REDUCING, reducible=5, marketable=True) for _ in range(2)] == [0, 3]
    assert [note(CANCEL, node=1) for _ in range(3)] == [1, 1, 3], "a node knows nothing of another"


def test_fire_exit_follows_slots_that_change() -> None:
    policy = ready("fire-exit")
    assert policy.gauges()["crowd-limit-0"] == 10
    policy.admit(ask(), view(slots=30))
    for now in range(40):
        policy.keep(ask(), 3, Turn(now, 0, False))
    assert policy.gauges()["crowd-limit-0"] == 18, "16 and two: 16.06, … 17, … each by one over itself"


class Queues:
    """Start-time fair queueing as its paper puts it."""

    def __init__(self) -> None:
        self.virtual = 0
        self.finish: dict[int, int] = defaultdict(int)
        self.waiting: list[tuple[int, int, int]] = []
        """(tag, number, account), in order of arrival."""

    def arrive(self, number: int, account: int) -> int:
        tag = max(self.virtual, self.finish[account])
        self.finish[account] = tag + 1
        self.waiting.append((tag, number, account))
        return tag

    def serve(self) -> tuple[int, int]:
        row = min(self.waiting, key=lambda row: (row[0], row[1]))
        self.waiting.remove(row)
        self.virtual = row[0]
        return row[1], row[2]

    def length(self, account: int) -> int:
        return sum(row[2] == account for row in self.waiting)


@examples(200)
@given(
    st.lists(
        st.tuples(st.sampled_from(["arrive", "arrive", "serve", "evict"]), st.integers(0, 3)), max_size=60
    )
)
def test_fair_serves_and_evicts_as_the_papers_say(rows: list[tuple[str, int]]) -> None:
    policy, plain = ready("fair"), Queues()
    turn = an_end_of_waiting()
    for number, (what, account) in enumerate(rows):
        if what == "arrive":
            assert policy.rank(ask(account=account, number=number), None, False) == plain.arrive(
                number, account
            )
        elif what == "serve" and plain.waiting:
            served, whose = plain.serve()
            assert policy.keep(ask(account=whose, number=served), None, turn)
        elif what == "evict":
            victim = policy.victim(ask(account=account, number=number), view(10))
            lengths = {one: plain.length(one) for one in range(4)}
            longest = max(lengths.values())
            if longest < lengths[account] + 2:
                assert victim is None
            else:
                (row,) = [row for row in plain.waiting if row[1] == victim]
                assert lengths[row[2]] == longest
                assert row == [other for other in plain.waiting if other[2] == row[2]][-1], "its newest"
                plain.waiting.remove(row)
                plain.finish[row[2]] -= 1


def test_fair_evicts_nobody_who_has_an_answer() -> None:
    policy = ready("fair")
    for number in range(3):
        policy.rank(ask(account=1, number=number), None, number == 2)
    policy.done(ask(account=1, number=1), None, end())
    policy.done(ask(account=1, number=77), None, end())
    assert policy.victim(ask(account=2, number=9), view(10)) == 0
    assert policy.victim(ask(account=2, number=9), view(10)) is None
    assert policy.victim(ask(account=2, number=9, node=1), view(10)) is None, "another node's queue"


def test_fair_knows_who_never_had_to_wait() -> None:
    """An attempt that finds the engine idle is served at once, and has had its turn all the same."""
    policy = ready("fair")
    turn = an_end_of_waiting()
    for number in range(3):
        policy.keep(ask(account=1, number=number), None, turn)
    assert policy.rank(ask(account=1, number=10), None, False) == 3
    assert policy.rank(ask(account=2, number=11), None, False) == 2
    policy.attach(world(10))
    assert policy.rank(ask(account=1, number=12), None, False) == 0


def test_decisions_are_worth_what_they_say() -> None:
    assert (Decision("shed").code, Decision("admit").priority, Decision("admit").reserve) == (-1008, 0, False)


# -- dagor --------------------------------------------------------------------------------------------


class Levels:
    """DAGOR as its paper puts it, with everything looked at once more at each window's end."""

    def __init__(self, alpha: float, beta: float, queueing_ns: float, window_ns: int) -> None:
        self.alpha, self.beta, self.queueing_ns, self.window_ns = alpha, beta, queueing_ns, window_ns
        self.threshold = 3 * 128 - 1
        self.seen: list[tuple[int, bool]] = []
        """(level, admitted) of this window's requests."""
        self.waits: list[int] = []
        self.ends = window_ns

    def arrive(self, now: int, level: int, *, room: bool) -> bool:
        if now >= self.ends or len(self.seen) >= 2000:
            self._close(now)
        admitted = level <= self.threshold and room
        self.seen.append((level, admitted))
        return admitted

    def _close(self, now: int) -> None:
        admitted = sum(ok for _, ok in self.seen)

        def up_to(level: int) -> int:
            return sum(one <= level for one, _ in self.seen)

        if self.waits and sum(self.waits) / len(self.waits) > self.queueing_ns:
            target = (1 - self.alpha) * admitted
            self.threshold = max((one for one in range(384) if up_to(one) <= target), default=-1)
        else:
            target = admitted + self.beta * len(self.seen)
            reached = min((one for one in range(384) if up_to(one) >= target), default=383)
            self.threshold = max(self.threshold, reached)
        self.seen, self.waits, self.ends = [], [], now + self.window_ns


@examples(40)
@given(
    rows=st.lists(
        st.tuples(
            st.sampled_from([CANCEL, REDUCING, OPENING]),
            st.integers(0, 30),
            st.integers(0, 20),
            st.booleans(),
            st.sampled_from([0, 10, 40]),
        ),
        min_size=20,
        max_size=150,
    ),
    alpha=st.sampled_from([0.05, 0.5]),
    beta=st.sampled_from([0.01, 0.5]),
)
def test_dagor_s_threshold_follows_the_paper(
    rows: list[tuple[Class, int, int, bool, int]], alpha: float, beta: float
) -> None:
    policy = ready("dagor", {"window_ms": 100, "queueing_ms": 20, "alpha": alpha, "beta": beta})
    plain, now = Levels(alpha, beta, 20 * NS_PER_MS, 100 * NS_PER_MS), 0
    order = {CANCEL: 0, REDUCING: 1, OPENING: 2}
    fields: dict[str, Any] = dict.fromkeys(Turn.__struct_fields__, 0)
    for klass, account, later, room, wait in rows:
        now += later * NS_PER_MS
        level = order[klass] * 128 + crc32(f"{account}/{now // NS_PER_MS // 3_600_000}".encode()) % 128
        decision = policy.admit(ask(klass, account, now), view(9 if room else 10))
        admitted = plain.arrive(now, level, room=room)
        assert (decision.act == "admit") == admitted
        assert policy.gauges() == {"threshold": plain.threshold}
        if admitted:
            assert policy.keep(
                ask(klass, account, now), None, Turn(**{**fields, "waited_ns": wait * NS_PER_MS})
            )
            plain.waits.append(wait * NS_PER_MS)


def test_dagor_begins_anew_where_it_is_installed() -> None:
    policy = ready("dagor", {"window_ms": 100}, now_ns=5 * NS_PER_S)
    fields: dict[str, Any] = dict.fromkeys(Turn.__struct_fields__, 0)
    for number in range(40):
        policy.admit(ask(OPENING, number, 5 * NS_PER_S), view(0))
        policy.keep(ask(), None, Turn(**{**fields, "waited_ns": NS_PER_S}))
    policy.admit(ask(OPENING, 1, 5 * NS_PER_S + 100 * NS_PER_MS - 1), view(0))
    assert policy.gauges() == {"threshold": 383}
    policy.admit(ask(OPENING, 1, 5 * NS_PER_S + 100 * NS_PER_MS), view(0))
    assert policy.gauges()["threshold"] < 383
    policy.attach(world(10, now_ns=9 * NS_PER_S))
    assert policy.gauges() == {"threshold": 383}


def test_dagor_closes_a_window_after_two_thousand_requests() -> None:
    policy = ready("dagor", {"window_ms": 1e6})
    fields: dict[str, Any] = dict.fromkeys(Turn.__struct_fields__, 0)
    for number in range(2000):
        policy.admit(ask(OPENING, number % 50), view(0))
        policy.keep(ask(), None, Turn(**{**fields, "waited_ns": NS_PER_S}))
    assert policy.gauges() == {"threshold": 383}
    policy.admit(ask(OPENING, 1), view(0))
    assert policy.gauges()["threshold"] < 383


def test_codel_lets_others_have_twice_the_slots_and_drops_openings_alone() -> None:
    policy = ready("codel", {"target_ms": 10, "interval_ms": 100})
    assert (acts(policy, OPENING, 9, 10), acts(policy, REDUCING, 19, 20), acts(policy, CANCEL, 19, 20)) == (
        "as",
        "as",
        "as",
    )
    fields: dict[str, Any] = dict.fromkeys(Turn.__struct_fields__, 0)

    def kept(klass: Class, now_ms: int, *, answered: bool = False, waited_ms: float = 10) -> bool:
        turn = {"now_ns": now_ms * NS_PER_MS, "waited_ns": round(waited_ms * NS_PER_MS), "answered": answered}
        return bool(policy.keep(ask(klass), None, Turn(**{**fields, **turn})))

    assert kept(OPENING, 1)
    assert kept(OPENING, 100)
    assert (kept(REDUCING, 101), kept(CANCEL, 101), kept(OPENING, 101, answered=True)) == (True, True, True)
    assert not kept(OPENING, 101)
    assert policy.gauges() == {"target-seconds": 0.01, "drops-in-a-row": 1}
    assert kept(OPENING, 102, waited_ms=9.999)
    policy.attach(world(10))
    assert kept(OPENING, 400)


def test_dagor_s_thresholds_on_a_histogram() -> None:
    histogram = [40, 30, 20, 10]
    found = {at: (threshold_down(histogram, at), threshold_up(histogram, at)) for at in (0, 39, 40, 41, 95)}
    assert found == {0: (-1, 0), 39: (-1, 0), 40: (0, 0), 41: (0, 1), 95: (2, 3)}
    assert [(threshold_down(histogram, at), threshold_up(histogram, at)) for at in (100, 101)] == [(3, 3)] * 2


def test_vegas_s_edges() -> None:
    """Half of L in flight is enough; with L from 100 on, a step is two and a queue of five still grows it."""
    for in_flight, limit in ((10, 26), (9, 20)):
        law = Vegas(20, 1, 1000)
        law.update(10e6, in_flight, False)
        law.update(10.2e6, in_flight, False)
        assert law.limit == limit
    law = Vegas(120, 1, 1000)
    law.update(10e6, 120, False)
    law.update(10.39e6, 120, False)
    assert law.limit == 122
