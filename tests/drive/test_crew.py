"""Master and worker of a run: ranks, reports, records that cross from one machine to another, the lost."""

from __future__ import annotations

import subprocess
import sys

CODE = """
import json, sys
from pathlib import Path
from types import SimpleNamespace as S
from loadgen.drive.crew import Crew, Hand, KEY, ranks_of
from loadgen.drive.job import Job
from loadgen.live.ledger import Ledger
from loadgen.live.run import LiveRun
from loadgen.scenarios import load_scenario

master = Path(sys.argv[1]) / "master"; master.mkdir()
workers = [S(id="b"), S(id="a")]
runner = S(clients=S(ready=list(workers), running=[], spawning=[]))
ranks = ranks_of(runner)
assert ranks == {"a": 0, "b": 1}
title = {"run": "r1", "scenario": "mixed"}
run = LiveRun(title, 10.0, 0, 2, load_scenario("mixed").population)
crew = Crew(runner, run, ranks, master)

sent = []
def send(kind, data): sent.append((kind, json.loads(json.dumps(data, default=lambda b: list(b)))))
def job(folder): return Job("http://127.0.0.1:1", None, (), None, "", 1, 10.0, str(folder), title=title)
late = Hand(S(client_id="c", send_message=send), job(master), json.dumps(ranks))
assert not late.takes_part
mine = job(master); mine.write(master / "job.json")
assert Hand(S(client_id="a", send_message=send), mine, json.dumps(ranks)).folder() == master

far = Hand(S(client_id="b", send_message=send), job(Path(sys.argv[1]) / "elsewhere"), json.dumps(ranks))
folder = far.folder()
assert far.rank == 1 and folder != master
text = b"x" * (3 << 20)
(folder / "attempts-1.jsonl").write_bytes(text)
(folder / "driver-1.json").write_bytes(b"{}")
ledger = Ledger(10); ledger.count("opening", -1, 0, 1, 200, 0)
far.hand_in(S(ledger=ledger), lambda s: None)
assert not folder.exists()
assert crew.under_way == 2
for kind, data in sent:
    if kind == "fireexit-piece":
        data["bytes"] = bytes(data["bytes"])
        crew.take_piece({**data, "run": "another"})
        crew.take_piece({**data, "name": "../escape"})
        crew.take_piece(data)
        late_piece = data
    else:
        crew.take_last(data)
assert (master / "attempts-1.jsonl").read_bytes() == text
assert not (master.parent / "escape").exists()
assert crew.done == {1} and crew.under_way == 1
assert run.whole().attempts.total() == 1
crew.hear({KEY: {"run": "another", "rank": 0, "ledger": ledger.to_dict()}})
assert 0 not in run.ledgers
crew.take_piece(late_piece)
assert (master / "attempts-1.jsonl").read_bytes() == text, "a worker that is done adds nothing"

import loadgen.drive.crew as module
runner.clients.ready.clear()
assert crew.lost() == [], "a worker that changes its state is absent for a moment"
runner.clients.ready.extend(workers)
assert crew.lost() == []
runner.clients.ready.clear()
assert crew.lost() == []
module.ABSENT_S = 0.0
assert crew.lost() == [0]
assert crew.under_way == 0
assert crew.faults() == ["worker 0 of 2 is gone; its orders were not sent"]
runner.clients.ready.extend(workers)
assert crew.lost() == []
crew.take_last({"run": "r1", "rank": 0, "failed": "no disk"})
assert crew.faults() == ["worker 0 of 2: no disk"] and crew.under_way == 0
run.over = True
crew.take_piece({"run": "r1", "rank": 0, "name": "attempts.jsonl", "bytes": b"x"})
assert not (master / "attempts.jsonl").exists(), "a run that is over takes nothing more"
print("all well")
"""


def test_records_cross_to_the_master_and_losses_are_seen(tmp_path):
    """In a process of its own: Locust patches sockets and threads."""
    result = subprocess.run(
        [sys.executable, "-c", CODE, str(tmp_path)], capture_output=True, text=True, check=False
    )
    assert result.stdout.strip() == "all well", result.stderr
