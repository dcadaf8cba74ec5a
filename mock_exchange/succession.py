"""One venue after the other on one server: a run begins, a plan is seeded, the same one starts over."""

from __future__ import annotations

import gc
import glob
import secrets
from pathlib import Path

from mock_exchange.gateway.policies import load_policy
from mock_exchange.plan import Plan
from mock_exchange.recovery.past import create_journal
from mock_exchange.recovery.state_file import StateFile
from mock_exchange.venue import Venue
from mock_exchange.wire.live_clock import LiveClock
from mock_exchange.wire.server import ExchangeServer


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
        refused with ValueError, or lose their connection where a plan is held."""
        before = self._server.venue
        if self._held is None and any(node.in_flight for node in before.gateway.backend.nodes):
            raise ValueError("attempts are in flight; try again when they are answered")
        plan = self._held or before.plan
        name, parameters = before.policy_name, before.policy_parameters
        policy = load_policy(name, parameters)
        self._clock.restart(zero_ns)
        self._record_anew(plan)
        venue = Venue(plan, self._clock, before.journal, policy)
        venue.policy_name, venue.policy_parameters = name, parameters
        self._server.adopt(venue)

    def restart(self, plan: Plan) -> None:
        """Start over with a plan. Attempts under way lose their connection: their venue is gone."""
        self._clock.arrive()
        self._clock.forget()
        if self.state is not None:
            self.state.begin(plan, self._clock.epoch_start_ms)
        self._server.adopt(Venue(plan, self._clock, self._server.venue.journal))
        gc.collect()  # the old venue is one big cycle, and collections are rare here

    def _record_anew(self, plan: Plan) -> None:
        journal = self._server.venue.journal
        journal.before_flush = None
        path = journal.path
        if self.state is not None and path is not None:
            journal.close()
            _set_aside(path, self._keep)
            journal.begin(path, create_journal(path))
            self.state.begin_first(plan, self._clock.epoch_start_ms)
            return
        journal.rows.clear()
        journal.record_to(path or self._recordings / f"journal-{secrets.token_hex(4)}.jsonl")


def _set_aside(path: Path, keep: int | None) -> None:
    """Under the next number, so that the highest is the latest."""
    taken = sorted(
        (int(number), other)
        for other in path.parent.glob(glob.escape(path.name) + ".*")
        if (number := other.name[len(path.name) + 1 :]).isascii() and number.isdecimal()
    )
    path.rename(path.with_name(f"{path.name}.{taken[-1][0] + 1 if taken else 1}"))
    for _, oldest in taken[: max(0, len(taken) + 1 - keep)] if keep is not None else ():
        oldest.unlink()
