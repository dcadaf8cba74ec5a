"""The study of kills notices what it is there to notice."""

from __future__ import annotations

from mock_exchange.engine.requests import CancelRequest, OrderRequest
from mock_exchange.replay import replay
from run_records.standing import AdmittedRow, LostRow, ResumedRow
from studies.clients import Seen
from studies.kills import faults_of
from tests.support import BTC, venue_of


def test_it_notices_lost_orders_lost_cancels_another_state_and_a_wrong_list() -> None:
    venue, _ = venue_of()
    trader = venue.account("a0")
    request = OrderRequest(BTC, 1, "LIMIT", "GTC", 100, 9_000_000, False, "BOTH", "")
    order = venue.commands.place(trader, request, ("key", 0))
    venue.commands.cancel(trader, CancelRequest(BTC, order.order_id, ""))
    rows = [AdmittedRow(0, "other", 0, "a0"), *venue.journal.rows]
    engine = replay(venue.journal.rows)
    resumed = ResumedRow(0, 0, engine.state_hash(), 0, 1, "none")
    lost = LostRow(0, "other", 0, "a0", 0)
    seen = [Seen("new", "a0", order.order_id, "0"), Seen("cancel", "a0", order.order_id, "0")]
    assert faults_of(seen, rows, engine, [resumed, lost]) == []
    assert len(faults_of([*seen, Seen("new", "a0", 999_999, "0")], rows, engine, [resumed, lost])) == 1
    assert len(faults_of([*seen, Seen("cancel", "a0", 1, "0")], rows, engine, [resumed, lost])) == 1
    assert len(faults_of(seen, rows, engine, [resumed])) == 1
    assert len(faults_of(seen, rows, engine, [resumed, lost, lost])) == 1
    assert len(faults_of(seen, rows, engine, [lost])) == 1
    other = ResumedRow(0, 0, "0" * 64, 0, 1, "none")
    assert len(faults_of(seen, rows, engine, [other, lost])) == 1
