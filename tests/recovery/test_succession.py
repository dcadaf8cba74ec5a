"""One venue after the other in one journal; and whatever goes wrong with the next, the one before goes on."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from mock_exchange.engine.requests import OrderRequest, Trigger
from mock_exchange.gateway.policies import UnknownPolicyError
from mock_exchange.plan import Plan
from mock_exchange.process import ProcessOptions, Resumable, _open_venue
from mock_exchange.recovery import bookmark
from mock_exchange.recovery.past import Past, open_past
from mock_exchange.recovery.reading import leave_bookmark, read_story
from mock_exchange.recovery.state_file import Asked, VenueState
from mock_exchange.replay import replay_file
from mock_exchange.succession import Succession
from mock_exchange.venue import Venue
from mock_exchange.wire.live_clock import LiveClock
from mock_exchange.wire.server import ExchangeServer
from run_records.journal import VenueRow, read_journal
from run_records.standing import ConditionsRow
from tests.support import BTC, plan_of

ASKED = Asked("any", "none", None, {})


class Serving:
    """A server on a resumable journal, without its sockets."""

    def __init__(
        self, path: Path, plan: Plan, past: Past | None, keep: int | None, most_bytes: int | None = None
    ) -> None:
        loop = asyncio.get_running_loop()
        clock = LiveClock(loop, plan.epoch_start_ms)
        state = past.state if past is not None else VenueState(ASKED)
        options = ProcessOptions(journal=Resumable(path, state, past, keep, most_bytes))
        venue, file = _open_venue(plan, options, clock)
        self.clock = clock
        self.server = ExchangeServer(venue, clock, loop)
        self.succession = Succession(self.server, clock, path.parent, None, file, keep)

    @property
    def venue(self) -> Venue:
        return self.server.venue

    def order(self, **more: Any) -> int:
        """An order that rests, taken by the engine and written down."""
        terms = {"kind": "LIMIT", "tif": "GTC", "price": 9_900_000, **more}
        request = OrderRequest(
            BTC,
            1,
            terms["kind"],
            terms["tif"],
            100,
            terms["price"],
            False,
            "BOTH",
            "",
            trigger=more.get("trigger"),
        )
        order = self.venue.commands.place(self.venue.account("a0"), request)
        assert self.server.flush()
        return order.order_id


def _past(path: Path) -> Past | None:
    return open_past(path) if path.exists() else None


def _numbered(folder: Path) -> list[str]:
    return sorted(other.name for other in folder.glob("j.[0-9]*"))


@asynccontextmanager
async def serving(
    path: Path, keep: int | None = None, most_bytes: int | None = None, **options: Any
) -> AsyncIterator[Serving]:
    past = _past(path)
    plan = past.plan if past is not None else replace(plan_of(**options), epoch_start_ms=0)
    found = Serving(path, plan, past, keep, most_bytes)
    try:
        yield found
    finally:
        found.venue.journal.close()


def open_orders(venue: Venue) -> list[int]:
    return [order.order_id for order in venue.account("a0").orders.values()]


async def test_a_plan_that_cannot_be_begun_leaves_everything_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "j"
    async with serving(path) as now:
        first = now.order()
        for wrong, error in (
            (replace(now.venue.plan, policy="no-such"), UnknownPolicyError),
            (replace(now.venue.plan, policy="codel", policy_parameters={"no": 1}), ValueError),
        ):
            with pytest.raises(error):
                now.succession.restart(wrong)
        second = now.order()
        assert now.clock.next_due() is not None, "its clock goes on"
    assert sum(isinstance(row, VenueRow) for row in read_journal(path)) == 1
    async with serving(path) as again:
        assert open_orders(again.venue) == [first, second]


async def test_after_a_restart_the_next_venue_is_the_one_that_goes_on(tmp_path: Path) -> None:
    path = tmp_path / "j"
    async with serving(path) as now:
        now.order()
        for seed in range(5):
            now.succession.restart(replace(now.venue.plan, seed=seed))
        kept = now.order()
    for _ in range(2):
        async with serving(path) as again:
            assert again.venue.plan.seed == 4
            assert open_orders(again.venue) == [kept]


async def test_a_kill_between_the_state_and_the_first_rows_changes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "j"
    async with serving(path) as now:
        kept = now.order()
        state = now.succession.state
        assert state is not None
        for seed in (7, 8):
            state.begin(replace(now.venue.plan, seed=seed), 0, follows_wall=True)
    for _ in range(3):
        async with serving(path) as again:
            assert again.venue.plan.seed == 1
            assert open_orders(again.venue) == [kept]
            found = again.succession.state
            assert found is not None
            found.begin(replace(again.venue.plan, seed=9), 0, follows_wall=True)


async def test_a_run_sets_the_journal_aside_and_keeps_so_many(tmp_path: Path) -> None:
    path = tmp_path / "j"
    (tmp_path / "j.7").write_text("somebody else's")
    async with serving(path, keep=2) as now:
        orders = []
        for _ in range(4):
            orders.append(now.order())
            now.succession.begin_run(now.clock._monotonic_ns())
    assert _numbered(tmp_path) == ["j.10", "j.11", "j.7"]
    assert len(replay_file(tmp_path / "j.11").accounts["a0"].orders) == 1
    assert not replay_file(path).accounts["a0"].orders


async def test_a_run_that_cannot_begin_its_journal_leaves_the_one_before_going_on(tmp_path: Path) -> None:
    path = tmp_path / "j"
    async with serving(path) as now:
        (tmp_path / ".j.new").mkdir()
        with pytest.raises(OSError, match=r"j\.new"):
            now.succession.begin_run(now.clock._monotonic_ns())
        kept = now.order()
    async with serving(path) as again:
        assert open_orders(again.venue) == [kept]


async def test_a_switched_policy_and_switched_conditions_go_on(tmp_path: Path) -> None:
    path = tmp_path / "j"
    async with serving(path, slots=50) as now:
        now.venue.switch_policy("codel", {})
        now.succession.begin_run(now.clock._monotonic_ns())
        config = now.venue.gateway.config.changed({"slots": 3})
        now.venue._note_conditions(config)
        now.order()
    assert any(isinstance(row, ConditionsRow) for row in read_journal(path))
    async with serving(path) as again:
        assert again.venue.policy_name == "codel"
        assert again.venue.gateway.config.slots == 3


async def test_conditional_orders_go_on_from_a_bookmark_too(tmp_path: Path) -> None:
    path = tmp_path / "j"
    async with serving(path, epoch="2025-10-10") as now:
        now.order(kind="STOP_MARKET", price=0, trigger=Trigger(11_000_000))
        resting = now.order()
        leave_bookmark(path)
        assert bookmark.load(path) is not None
        last = now.order()
        story, _ = read_story(path)
        assert story.engine is not None
        assert story.engine.state_hash() == now.venue.engine.state_hash()
        market = story.engine.markets[BTC.index]
        assert len(market.triggers.pending) == 1
    async with serving(path) as again:
        assert {resting, last} < set(open_orders(again.venue))
        again.venue.set_price(BTC, 11_100_000)
        assert len(open_orders(again.venue)) < 3, "its stop has been triggered"


async def test_what_the_control_port_does_is_written_before_it_is_answered(tmp_path: Path) -> None:
    path = tmp_path / "j"
    async with serving(path) as now:
        account = now.venue.account("a0")
        now.venue.commands.transfer(account, 12_345)
        wallet = account.wallet
        await now.server.all_recorded()
        assert replay_file(path).accounts["a0"].wallet == wallet


async def test_the_same_bytes_three_times_are_three_that_were_lost(tmp_path: Path) -> None:
    from mock_exchange.gateway.attempt import Call

    path = tmp_path / "j"
    async with serving(path, handling={"law": "constant", "mean_ms": 10_000}) as now:
        venue = now.venue
        params = {"symbol": "BTCUSDT", "side": "BUY", "type": "MARKET", "quantity": "0.01"}
        for _ in range(3):
            call = Call("POST", "/fapi/v1/order", dict(params), "127.0.0.1", "same", venue.account("a0"))
            venue.gateway.submit(call, lambda answer: None)
        now.server.flush()
    past = open_past(path)
    assert past is not None
    assert past.story is not None
    assert [left.name for left in past.story.unanswered] == [("same", 0)] * 3
    past.file.close()
