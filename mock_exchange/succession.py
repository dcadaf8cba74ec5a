"""One venue after the other on one server: a run begins, a plan is seeded, the same one starts over."""

from __future__ import annotations

import gc
import secrets
from pathlib import Path

from mock_exchange.clock import Timeline
from mock_exchange.gateway.policies import load_policy
from mock_exchange.journal import Journal
from mock_exchange.plan import Plan
from mock_exchange.recovery.aside import forget_old, set_aside
from mock_exchange.recovery.state_file import StateFile
from mock_exchange.venue import Venue
from mock_exchange.wire.live_clock import LiveClock
from mock_exchange.wire.server import ExchangeServer
from run_records.lines import RecordsLostError


class Succession:
    """Who comes after the venue of now. Journals that nobody has named a file for are recorded under
    `recordings`, which the owner removes. `held` is the plan that the first run begins with. A venue that can
    be started again (`state`) sets its journal aside for the next one's as NAME.1, NAME.2 …, of which the
    latest `keep` stay, or all."""

    def __init__(
        self,
        server: ExchangeServer,
        clock: LiveClock,
        recordings: Path,
        held: Plan | None = None,
        state: StateFile | None = None,
        keep: int | None = None,
    ) -> None:
        self._server = server
        self._clock = clock
        self._recordings = recordings
        self._held = held
        self.state = state
        self._keep = keep

    def begin_run(self, zero_ns: int) -> None:
        """Instants count anew, the venue is as its plan says, its journal is empty. Attempts under way are
        refused with ValueError, or lose their connection where a plan is held. Raises OSError or
        RecordsLostError where the journal cannot be begun, and the venue before goes on; unless nobody knows
        what the disk has, which ends the process."""
        before = self._server.venue
        if self._held is None and any(node.in_flight for node in before.gateway.backend.nodes):
            raise ValueError("attempts are in flight; try again when they are answered")
        plan = self._held or before.plan
        name, parameters = before.policy_name, before.policy_parameters
        policy = load_policy(name, parameters)
        epoch_ms, begun = self._clock.wall_epoch_ms(zero_ns), ""
        if self.state is not None and before.journal.path is not None:
            begun = self.state.begin(plan, epoch_ms, follows_wall=True)
            self._set_aside(before.journal, before.journal.path)
        else:
            before.journal.rows.clear()
            before.journal.record_to(before.journal.path or self._recording())
        self._clock.restart(zero_ns, epoch_ms, follows_wall=True)
        venue = Venue(plan, self._clock, self._journal(before), policy, name=begun)
        if (name, parameters) != (plan.policy, plan.policy_parameters):
            venue.call_policy(name, parameters)
        self._server.adopt(venue)

    def restart(self, plan: Plan) -> None:
        """Start over with a plan. Attempts under way lose their connection: their venue is gone. Whatever is
        wrong with the plan is raised, and the venue before goes on."""
        self._clock.arrive()
        _rehearse(plan)
        clock, name = self._clock, ""
        if self.state is not None:
            name = self.state.begin(plan, clock.epoch_start_ms, follows_wall=clock.follows_wall)
        clock.forget()
        self._server.adopt(Venue(plan, clock, self._journal(self._server.venue), name=name))
        gc.collect()  # the old venue is one big cycle, and collections are rare here

    @staticmethod
    def _journal(before: Venue) -> Journal:
        """For the next venue: what the one before still has to say of its counts is nobody's business."""
        before.journal.before_flush = None
        return before.journal

    def _set_aside(self, journal: Journal, path: Path) -> None:
        journal.flush()
        try:
            set_aside(journal, path, durable=self._server.is_durable)
        except RecordsLostError as error:
            self._server.records_end(error)
            raise
        forget_old(path, self._keep)

    def _recording(self) -> Path:
        return self._recordings / f"journal-{secrets.token_hex(4)}.jsonl"


def _rehearse(plan: Plan) -> None:
    """Raise whatever is wrong with a plan, before anything depends on it."""
    Venue(plan, Timeline(plan.epoch_start_ms)).gateway.close()
