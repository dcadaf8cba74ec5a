"""A venue whose process has died at any byte of its journal goes on as if it had only been asleep."""

from __future__ import annotations

import hmac
import json
import os
import pickle
import shutil
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

import pytest

from loadgen.drive.in_process import InProcess
from loadgen.drive.runner import Runner
from loadgen.scenarios import Scenario, load_scenario
from loadgen.traders.board import Board
from mock_exchange.clock import Timeline
from mock_exchange.engine import Engine
from mock_exchange.journal import Journal
from mock_exchange.plan import Plan
from mock_exchange.recovery import bookmark
from mock_exchange.recovery.one_writer import InUseError, create_journal
from mock_exchange.recovery.past import Past, open_past
from mock_exchange.recovery.reading import leave_bookmark, read_story
from mock_exchange.recovery.state_file import Asked, StateFile, VenueState
from mock_exchange.recovery.story import Story
from mock_exchange.replay import replay
from mock_exchange.venue import Venue
from run_records.clients import attempts_file, intents_file
from run_records.journal import JournalRow, OutcomeRow, read_journal
from run_records.schemas import UnreadableError
from run_records.standing import AdmittedRow, LostRow, ResumedRow
from run_records.units import NS_PER_MS, NS_PER_S

SEED = 5
SCENARIOS = ("mixed", "gaming-batch", "incident-2025-10-11")
PASS_NS = 5 * NS_PER_MS


def trade(scenario: Scenario, venue: Venue, timeline: Timeline, seconds: float, seed: int) -> None:
    """The scenario's traders at a venue, its journal flushed as by a server."""
    names = [account.name for account in venue.plan.accounts]
    wire = InProcess(venue)
    wire._next_key = timeline.now()  # no attempt of one process has the name of one of another
    runner = Runner(timeline, wire, attempts_file(None), intents_file(None), names, None)
    board = Board()
    for member in scenario.population.members():
        runner.add(member.label, member.account, member.start(seed, board))
    begin = timeline.now()
    for instant in range(begin, begin + round(seconds * NS_PER_S), PASS_NS):
        timeline.run_until(instant)
        venue.journal.flush()
    venue.journal.flush()


def begin(path: Path, plan: Plan) -> tuple[Venue, Timeline]:
    """A venue that can be started again."""
    timeline = Timeline(plan.epoch_start_ms)
    journal = Journal(keep=False)
    journal.remembers = True
    file = create_journal(path)
    state = StateFile(path, VenueState(Asked("any", "exempt", None, {})))
    name = state.begin(plan, timeline.epoch_start_ms, follows_wall=False)
    journal.begin(path, file)
    return Venue(plan, timeline, journal, name=name), timeline


def go_on(past: Past) -> tuple[Venue, Timeline]:
    """The venue of a journal, from where that ends."""
    assert past.story is not None
    timeline = Timeline(past.beginning.epoch_start_ms)
    timeline.clear(past.story.last + 1)
    journal = Journal(keep=False)
    journal.remembers = True
    journal.go_on(past.path, past.file)
    venue = Venue(past.plan, timeline, journal, story=past.story, cut_bytes=past.cut_bytes)
    journal.flush()
    return venue, timeline


def reopened(path: Path) -> tuple[Past, Story]:
    past = open_past(path)
    assert past is not None
    assert past.story is not None
    return past, past.story


def whole_state(engine: Engine) -> dict[str, Any]:
    """Everything that a client could ask for, and what decides its next order."""
    return {
        "hash": engine.state_hash(),
        "money": (engine.money(), engine.deposits, engine.matcher.fees, engine.matcher.next_trade_id),
        "next": engine._next_order_id,
        "accounts": {
            name: (
                [(o.order_id, o.status, o.filled, o.key, o.fate_unknown) for o in account.history.values()],
                [(trade.trade_id, trade.price, trade.quantity) for trade in account.fills],
                account.incomes,
                account.restriction,
            )
            for name, account in engine.accounts.items()
        },
        "markets": {
            market.symbol.name: (
                market.last,
                market.mark,
                market.index,
                market.update_id,
                market.bids.depth(1000),
                market.asks.depth(1000),
                sorted(market.triggers.pending),
            )
            for market in engine.markets
        },
    }


def marked_by(journal: Path) -> tuple[Story, int] | None:
    mark = bookmark.load(journal)
    with journal.open("rb") as file:
        if mark is None or (story := mark.story_in(file)) is None:
            return None
        return story, mark.offset


def complete_rows(path: Path) -> list[JournalRow]:
    return list(read_journal(path))


def open_at_the_end(rows: list[JournalRow]) -> set[Any]:
    """Worked out another way: admitted attempts without an outcome or a loss."""
    admitted = {(row.key, row.leg) for row in rows if isinstance(row, AdmittedRow)}
    return admitted - {(row.key, row.leg) for row in rows if isinstance(row, OutcomeRow | LostRow)}


@pytest.fixture(scope="module", params=SCENARIOS)
def killed(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """A journal, its scenario, and the venue that wrote it."""
    path = tmp_path_factory.mktemp("journal") / "j"
    scenario = load_scenario(request.param)
    venue, timeline = begin(path, scenario.plan("exempt", SEED, simulated=True))
    trade(scenario, venue, timeline, 2.0, SEED)
    yield path, scenario, venue
    venue.journal.close()


def copy_of(path: Path, to: Path, size: int | None = None) -> Path:
    shutil.copy(path, to / "j")
    shutil.copy(path.with_name("j.state"), to / "j.state")
    if size is not None:
        with (to / "j").open("r+b") as file:
            file.truncate(size)
    return to / "j"


def test_everything_is_as_it_was(killed: Any, tmp_path: Path) -> None:
    path, _, venue = killed
    before = whole_state(venue.engine)
    waiting = sum(node.in_flight for node in venue.gateway.backend.nodes)
    past, story = reopened(copy_of(path, tmp_path))
    assert past.cut_bytes == 0
    assert story.engine is not None
    assert whole_state(story.engine) == before
    gateway = venue.gateway
    again, _ = go_on(past)
    for ip in [account.source for account in _access(venue)]:
        if ip in gateway.weights._addresses:
            assert again.gateway.weights.standing(ip) == gateway.weights.standing(ip)
    for number in gateway.orders._accounts:
        assert again.gateway.orders.standing(number) == gateway.orders.standing(number)
    lost = [row for row in complete_rows(tmp_path / "j") if isinstance(row, LostRow)]
    assert len(lost) == waiting
    again.journal.close()


def _access(venue: Venue) -> Any:
    from mock_exchange.plan import access_for

    return access_for(venue.plan)


def test_a_journal_cut_at_any_byte_is_resumed_to_the_replay_of_what_is_left(
    killed: Any, tmp_path: Path
) -> None:
    path, scenario, _ = killed
    whole = path.read_bytes()
    first = whole.index(b"\n", whole.index(b'["conditions"'))
    draw = Random(SEED)
    for number in range(5):
        folder = tmp_path / str(number)
        folder.mkdir()
        cut = draw.randrange(first + 1, len(whole))
        journal = copy_of(path, folder, cut)
        left = whole[:cut].rpartition(b"\n")[0] + b"\n"
        past, told_of = reopened(journal)
        assert past.cut_bytes == cut - len(left)
        rows = complete_rows(journal)
        still_open = open_at_the_end(rows)
        assert {left.name for left in told_of.unanswered} == still_open
        assert told_of.engine is not None
        expected = replay(rows)
        assert told_of.engine.state_hash() == expected.state_hash()
        venue, timeline = go_on(past)
        assert journal.read_bytes().startswith(left)
        trade(scenario, venue, timeline, 0.3, SEED + number)
        assert venue.engine.money() == venue.engine.deposits
        venue.journal.flush()
        rows = complete_rows(journal)
        (resumed,) = [row for row in rows if isinstance(row, ResumedRow)]
        told = (resumed.state, resumed.cut_bytes, resumed.lost, resumed.policy)
        assert told == (expected.state_hash(), past.cut_bytes, len(still_open), "exempt")
        assert {(row.key, row.leg) for row in rows if isinstance(row, LostRow)} == still_open
        story, _ = read_story(journal)
        assert story.engine is not None
        assert whole_state(story.engine) == whole_state(venue.engine)
        known = [order for account in story.engine.accounts.values() for order in account.history.values()]
        assert len({order.order_id for order in known}) == len(known)
        venue.journal.close()


@pytest.mark.parametrize("share", [0.0, 0.001, 0.3, 0.9])
def test_a_venue_that_was_not_open_yet_begins_once_more(killed: Any, tmp_path: Path, share: float) -> None:
    path, _, _ = killed
    whole = path.read_bytes()
    header = whole.index(b"\n") + 1
    cut = round(share * whole.index(b'["conditions"'))
    past = open_past(copy_of(path, tmp_path, cut))
    assert past is not None
    assert past.story is None
    assert (tmp_path / "j").stat().st_size == (header if cut >= header else 0)
    assert past.is_empty == (cut < header)
    assert past.plan.seed == SEED
    past.file.close()


def test_a_process_that_ended_before_it_wrote_anything_leaves_nothing_to_go_on_from(tmp_path: Path) -> None:
    create_journal(tmp_path / "j").close()
    assert open_past(tmp_path / "j") is None
    assert not list(tmp_path.iterdir())


def test_one_process_at_a_time(killed: Any, tmp_path: Path) -> None:
    path, _, _ = killed
    with pytest.raises(InUseError, match="another process"):
        open_past(path)


@pytest.mark.parametrize(
    ("spoilt", "complaint"),
    [
        (b'{"schema":"fireexit.attempts/2"}\n', "not a fireexit.journal/2"),
        (b"GIF89a\n", "not a fireexit.journal/2"),
        (None, "record 40: "),
    ],
)
def test_what_is_no_journal_is_refused_with_a_line(
    killed: Any, tmp_path: Path, spoilt: bytes | None, complaint: str
) -> None:
    path, _, _ = killed
    journal = copy_of(path, tmp_path)
    lines = path.read_bytes().splitlines(keepends=True)
    journal.write_bytes(spoilt if spoilt is not None else b"".join([*lines[:40], b"[1]\n", *lines[40:]]))
    with pytest.raises(UnreadableError, match=complaint):
        open_past(journal)


def test_without_its_state_it_cannot_go_on(killed: Any, tmp_path: Path) -> None:
    path, _, _ = killed
    shutil.copy(path, tmp_path / "j")
    with pytest.raises(FileNotFoundError):
        open_past(tmp_path / "j")
    state = json.loads(path.with_name("j.state").read_text())
    for spoilt, complaint in (
        ({**state, "latest": []}, "does not say how the venue of j began"),
        (
            {**state, "latest": [{**state["latest"][0], "name": "other"}]},
            "does not say how the venue of j began",
        ),
        ({**state, "asked": None}, "j.state: "),
        ({**state, "latest": [{**state["latest"][0], "epoch_start_ms": "now"}]}, "j.state: "),
        ({**state, "latest": [{**state["latest"][0], "plan": {}}]}, "j.state: not a fireexit.plan/1"),
    ):
        (tmp_path / "j.state").write_text(json.dumps(spoilt))
        with pytest.raises(UnreadableError, match=complaint):
            open_past(tmp_path / "j")
    assert (tmp_path / "j").read_bytes() == path.read_bytes(), "nothing is cut of what cannot be read"


def test_nobody_else_may_read_the_state(killed: Any) -> None:
    path, _, _ = killed
    assert path.with_name("j.state").stat().st_mode & 0o777 == 0o600


def test_from_a_bookmark_everything_is_as_from_the_first_row(killed: Any, tmp_path: Path) -> None:
    path, _, _ = killed
    whole = path.read_bytes()
    plain, _ = read_story(path)
    assert plain.engine is not None
    is_open = whole.index(b"\n", whole.index(b'["conditions"'))
    for share in (0.1, 0.7, 1.0):
        folder = tmp_path / str(share)
        folder.mkdir()
        journal = copy_of(path, folder, round(is_open + 1 + (len(whole) - is_open - 1) * share))
        leave_bookmark(journal)
        marked = marked_by(journal)
        assert marked is not None
        assert whole[: marked[1]].endswith(b"\n")
        assert marked[0].rows == whole[: marked[1]].count(b"\n") - 1
        journal.write_bytes(whole)
        story, offset = read_story(journal)
        assert offset == len(whole)
        assert story.engine is not None
        assert whole_state(story.engine) == whole_state(plain.engine)
        assert {**vars(story), "engine": None} == {**vars(plain), "engine": None}


def test_a_bookmark_of_other_bytes_or_of_other_code_is_none(killed: Any, tmp_path: Path) -> None:
    path, _, _ = killed
    journal = copy_of(path, tmp_path)
    leave_bookmark(journal)
    whole, mark = journal.read_bytes(), bookmark.bookmark_path(journal)
    good = mark.read_bytes()
    assert mark.stat().st_mode & 0o777 == 0o600
    for changed in (whole[:-200], whole.replace(b'"order"', b'"Order"', 1)):
        journal.write_bytes(changed)
        assert marked_by(journal) is None
    journal.write_bytes(whole)
    assert marked_by(journal) is not None
    digest = bookmark.code_digest().encode()
    for spoilt in (
        good.replace(digest, digest[::-1]),
        good[: len(good) // 2],
        b"",
        good.replace(b"Engine", b"Enigma"),
    ):
        mark.write_bytes(spoilt)
        assert marked_by(journal) is None
    assert read_story(journal)[0].rows == whole.count(b"\n") - 1


class Evil:
    def __reduce__(self) -> tuple[Any, ...]:
        return os.mkdir, ("made",)


@pytest.mark.parametrize("place", ["body", "class"])
def test_a_bookmark_is_data_and_not_code(killed: Any, tmp_path: Path, place: str) -> None:
    """Whoever is handed a journal by somebody else is handed its bookmark, too."""
    path, _, _ = killed
    journal = copy_of(path, tmp_path)
    leave_bookmark(journal)
    mark = bookmark.bookmark_path(journal)
    _, head, _ = mark.read_bytes().split(b"\n", 2)
    body = pickle.dumps({"x": Evil()})
    if place == "class":
        row = json.loads(head)
        row["classes"][0] = ["mock_exchange.recovery.bookmark", "Path"]
        head, body = json.dumps(row).encode(), pickle.dumps({})
    signed = head + b"\n" + body
    signature = hmac.digest(bookmark._own_key(), signed, "sha256").hex().encode()
    mark.write_bytes(signature + b"\n" + signed)  # as if we had made it ourselves
    here = Path.cwd()
    os.chdir(tmp_path)
    try:
        assert marked_by(journal) is None
    finally:
        os.chdir(here)
    assert not (tmp_path / "made").exists()
