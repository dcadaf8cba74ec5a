"""An exchange that is killed with SIGKILL under load again and again, and goes on each time from its journal.

    python -m studies.kills [KILLS]

Is an order missing that somebody was told of, and is the venue that comes back the one that was killed?
Clients flood a `serve` process with orders of all kinds. After each kill the journal is replayed by itself,
and held against what the next process says it goes on with and against what the clients have seen. Now and
then a process is killed while it still starts. Resumable: what has been tried is in runs/soak/kills.jsonl.
The summary goes to docs/proof/kills.json.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

from mock_exchange.engine import Engine
from mock_exchange.recovery.state_file import state_path
from mock_exchange.replay import replay
from run_records.journal import CancelRow, JournalRow, OrderRow, OutcomeRow
from run_records.parts import read_parts
from run_records.standing import AdmittedRow, LostRow, ResumedRow
from studies.clients import Clients, Seen
from studies.proof import Campaign
from studies.served import Served, started

KILLS = 1_000
LIVES = 10
"""How often one venue is killed before another one begins."""
EARLY = 0.2
"""How often a process is killed once more before it has started, within START_S."""
START_S = 1.2
SCENARIOS = ("calm", "mixed", "gaming-batch", "retry-storm")
POLICIES = ("exempt", "undifferentiated", "fire-exit", "codel")


class Venue(NamedTuple):
    """What is killed, and how its clients behave."""

    number: int
    scenario: str
    policy: str
    durable: bool
    rotated: bool
    clients: int


def drawn(number: int) -> Venue:
    draw = Random(f"kill/{number}")
    return Venue(
        number,
        draw.choice(SCENARIOS),
        draw.choice(POLICIES),
        draw.random() < 0.3,
        draw.random() < 0.5,
        draw.choice((1, 4, 12)),
    )


def _options(venue: Venue) -> list[str]:
    options = ["--resume", "--scenario", venue.scenario, "--policy", venue.policy]
    if venue.rotated:
        options += ["--rotate-mb", "1"]
    return [*options, "--durable"] if venue.durable else options


def killed_while_starting(venue: Venue, folder: Path, after_s: float) -> None:
    """A process that hardly lived."""
    process = started(folder, *_options(venue))
    time.sleep(after_s)
    process.kill()
    process.wait()


def killed_again_and_again(venue: Venue, kills: int) -> list[dict[str, Any]]:
    """What was wrong after each kill of one venue."""
    found: list[dict[str, Any]] = []
    draw = Random(f"moments/{venue.number}")
    folder = Path(tempfile.mkdtemp(prefix="fireexit-kills-"))
    clients = Clients(venue.clients, venue.number)
    try:
        if draw.random() < EARLY:
            killed_while_starting(venue, folder, draw.uniform(0.2, START_S))
        life = Served(folder, *_options(venue))
        for _ in range(kills):
            clients.flood(life.port, life.accounts)
            time.sleep(draw.uniform(0.02, 0.8))
            size = life.journal.stat().st_size
            life.kill()
            clients.join()
            if early := draw.random() < EARLY:
                killed_while_starting(venue, folder, draw.uniform(0.2, START_S))
            rows = list(read_parts(life.journal))
            torn = life.journal.read_bytes().rpartition(b"\n")[2]
            engine = replay(rows)
            life = Served(folder, *_options(venue))
            after = list(read_parts(life.journal))
            faults = faults_of(clients.seen, rows, engine, after[len(rows) :])
            faults += clients.faults_against(life.port, life.accounts, engine)
            found.append(
                {
                    "sent": clients.sent,
                    "acknowledged": len(clients.seen),
                    "bytes": size,
                    "torn": len(torn),
                    "early": early,
                    "lost": sum(isinstance(row, LostRow) for row in after[len(rows) :]),
                    "faults": faults,
                }
            )
        life.kill()
        if "Traceback" in life.said():
            found[-1]["faults"].append("a traceback")
        if state_path(life.journal).stat().st_mode & 0o077:
            found[-1]["faults"].append("others may read the keys")
    except BaseException:
        print(f"the journal is kept in {folder}", file=sys.stderr)
        raise
    shutil.rmtree(folder)
    return found


def faults_of(seen: list[Seen], rows: list[JournalRow], engine: Engine, after: list[JournalRow]) -> list[str]:
    """What must not be: in the journal up to the kill (`rows`), and in what the next process wrote first."""
    wrong = []
    orders = {row.order_id for row in rows if isinstance(row, OrderRow) and not row.code}
    canceled = {row.order_id for row in rows if isinstance(row, CancelRow) and not row.code}
    for answer in seen:
        if answer.verb == "new" and answer.order_id not in orders:
            wrong.append(f"order {answer.order_id} was acknowledged, and is not in the journal")
        if answer.verb == "cancel" and answer.order_id not in canceled:
            wrong.append(f"the cancel of {answer.order_id} was acknowledged, and is not in the journal")
    resumed = [row for row in after if isinstance(row, ResumedRow)]
    if len(resumed) != 1 or resumed[0].state != engine.state_hash():
        wrong.append("it does not go on with what a replay of the journal gives")
    admitted = Counter((row.key, row.leg) for row in rows if isinstance(row, AdmittedRow))
    ended = Counter((row.key, row.leg) for row in rows if isinstance(row, OutcomeRow | LostRow))
    lost = [(row.key, row.leg) for row in after if isinstance(row, LostRow)]
    if Counter(lost) != admitted - ended:
        wrong.append("the attempts listed as lost are not those without an answer")
    return wrong


def summary(rows: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "kills": len(rows),
        "venues": len({row["number"] for row in rows}),
        "acknowledged": sum(row["acknowledged"] for row in rows),
        "killed_while_starting": sum(row["early"] for row in rows),
        "torn_rows": sum(row["torn"] > 0 for row in rows),
        "lost": sum(row["lost"] for row in rows),
        "by_policy": dict(sorted(Counter(row["policy"] for row in rows).items())),
        "durable": sum(row["durable"] for row in rows),
        "rotated": sum(row["rotated"] for row in rows),
        "faults": [row for row in rows if row["faults"]],
    }


def main(kills: int = KILLS) -> int:
    """Try what is left. 1 if anything was not as it must be."""
    campaign = Campaign("kills")
    while (done := len(campaign.rows)) < kills:
        venue = drawn(done // LIVES)
        for found in killed_again_and_again(venue, min(LIVES, kills - done)):
            campaign.add(**venue._asdict(), **found)
    return 1 if campaign.told(summary)["faults"] else 0


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else KILLS))
