"""How long a venue takes to go on: `python -m benchmarks.resuming [COMMANDS]`.

A journal of so many commands is made by the traders of `mixed` in virtual time, with the rows that a `serve`
process adds. It is read whole, and from a bookmark that lies as far back as one does at most while `serve`
runs. Seconds of processor time.
"""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path

from loadgen.drive.in_process import InProcess
from loadgen.drive.runner import Runner
from loadgen.scenarios import load_scenario
from loadgen.traders.board import Board
from mock_exchange.clock import Timeline
from mock_exchange.garbage import rare_collection
from mock_exchange.journal import Journal
from mock_exchange.recovery.bookmarker import GROWN_BYTES
from mock_exchange.recovery.one_writer import create_journal
from mock_exchange.recovery.reading import leave_bookmark, read_story
from mock_exchange.venue import Venue
from run_records.clients import attempts_file, intents_file
from run_records.units import NS_PER_MS

COMMANDS = 1_000_000
PASS_NS = 5 * NS_PER_MS


def write_journal(path: Path, commands: int) -> None:
    """A venue's journal with at least so many commands."""
    scenario = load_scenario("mixed")
    plan = scenario.plan("exempt", 7, simulated=True)
    timeline, journal = Timeline(plan.epoch_start_ms), Journal(keep=False)
    journal.remembers = True
    journal.begin(path, create_journal(path))
    venue = Venue(plan, timeline, journal, name="benchmark")
    attempts, intents = attempts_file(None), intents_file(None)
    names = [account.name for account in plan.accounts]
    runner, board = Runner(timeline, InProcess(venue), attempts, intents, names, None), Board()
    for member in scenario.population.members():
        runner.add(member.label, member.account, member.start(7, board))
    with rare_collection():
        while venue.engine._next_order_id < commands:
            timeline.run_until(timeline.now() + PASS_NS)
            journal.flush()
            attempts.rows.clear()
            intents.rows.clear()
    journal.close()


def timed_read(path: Path) -> tuple[float, int]:
    """Processor time, and the number of commands that the story tells of."""
    begun = time.process_time()
    story, _ = read_story(path)
    return time.process_time() - begun, story.commands


def main(commands: int = COMMANDS) -> None:
    with tempfile.TemporaryDirectory() as folder:
        whole = Path(folder) / "journal"
        write_journal(whole, commands)
        size = whole.stat().st_size
        seconds, found = timed_read(whole)
        print(f"{found:,} commands, {size / 1e6:,.0f} MB: {seconds:.1f} s from the first row")
        text = whole.read_bytes()
        whole.write_bytes(text[: max(0, size - GROWN_BYTES)])
        leave_bookmark(whole)
        whole.write_bytes(text)
        seconds, _ = timed_read(whole)
        print(f"{seconds:.1f} s from a bookmark {min(size, GROWN_BYTES) / 1e6:,.0f} MB before the end")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else COMMANDS)
