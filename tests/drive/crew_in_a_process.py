"""Master and worker of a run, without a network between them; run by test_crew.py in a process of its own,
since Locust patches sockets and threads."""

from __future__ import annotations

import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import loadgen.drive.crew as crew_module
from loadgen.drive.channel import Begin, Done, GivenUp, Piece, Report, begin_from, from_worker, packed
from loadgen.drive.crew import Crew, ranks_of
from loadgen.drive.job import Job
from loadgen.drive.worker import Part
from loadgen.live.ledger import Ledger
from loadgen.live.run import LiveRun
from loadgen.scenarios import load_scenario
from run_records.words import OPENING, Meaning

TITLE = {"run": "r1", "scenario": "mixed"}


def job(folder: Path) -> Job:
    scenario = load_scenario("mixed")
    accounts = tuple(
        access_of(account.name) for account in scenario.plan("none", 1, simulated=False).accounts
    )
    return Job("http://127.0.0.1:1", None, accounts, None, scenario.source, 1, 10.0, str(folder), title=TITLE)


def access_of(name: str) -> Any:
    from mock_exchange.plan import Access

    return Access(name, "key", "secret", "127.0.0.1")


def main(place: Path) -> None:
    master = place / "master"
    master.mkdir()
    workers = [SimpleNamespace(id="b"), SimpleNamespace(id="a")]
    runner: Any = SimpleNamespace(clients=SimpleNamespace(ready=list(workers), running=[], spawning=[]))
    ranks = ranks_of(runner)
    assert ranks == {"a": 0, "b": 1}
    run = LiveRun(TITLE, 10.0, 0, 2, load_scenario("mixed").population)
    crew = Crew(runner, run, ranks, master)
    records_cross_once(crew, run, master, ranks, place)
    losses_are_seen(crew, runner, workers)
    run.over = True
    crew.hear(Piece("r1", 0, "attempts-9.jsonl", b"x"))
    assert not (master / "attempts-9.jsonl").exists(), "a run that is over takes nothing more"


def records_cross_once(crew: Crew, run: LiveRun, master: Path, ranks: dict[str, int], place: Path) -> None:
    mine = job(master)
    assert Job.decoded(mine.encoded()) == mine
    mine.mark()
    assert mine.is_marked()
    assert not any("secret" in file.read_text() for file in master.iterdir()), "keys are in no file"
    near = begin_from(packed(Begin(mine, 0, ranks)))
    assert near.job == mine, "a job comes over whole"
    environment: Any = SimpleNamespace(events=SimpleNamespace(request=SimpleNamespace(fire=None)))
    assert Part(environment, near, 0)._folder == master, "a worker that sees the master's folder writes there"
    far = Part(environment, Begin(job(place / "elsewhere"), 0, ranks), 1)
    folder = far._folder
    assert folder != master
    text = b"x" * (3 << 20)
    dispatcher: Any = far.dispatcher
    dispatcher.run = lambda progress: (folder / "attempts-1.jsonl").write_bytes(text)
    far.dispatcher.ledger.count(OPENING, -1, 0, 1, Meaning.ACCEPTED, 0)
    sent: list[bytes] = []
    far.send(lambda message: sent.append(packed(message)))
    assert not folder.exists()
    assert crew.under_way == 2
    late = None
    for data in sent:
        message = from_worker(data)
        if isinstance(message, Piece) and message.file == "attempts-1.jsonl":
            crew.hear(Piece("another", 1, message.file, message.data))
            crew.hear(Piece("r1", 1, "../escape", message.data))
            late = message
        crew.hear(message)
    assert isinstance(from_worker(sent[-1]), Done)
    assert (master / "attempts-1.jsonl").read_bytes() == text
    assert not (master.parent / "escape").exists()
    assert crew.under_way == 1
    assert run.whole().attempts.total() == 1
    crew.hear(Report("another", 0, Ledger().counts()))
    assert 0 not in run.ledgers
    assert late is not None
    crew.hear(late)
    assert (master / "attempts-1.jsonl").read_bytes() == text, "a worker that is done adds nothing"


def losses_are_seen(crew: Crew, runner: Any, workers: list[Any]) -> None:
    runner.clients.ready.clear()
    assert crew.lost() == [], "a worker that changes its state is absent for a moment"
    runner.clients.ready.extend(workers)
    assert crew.lost() == []
    runner.clients.ready.clear()
    assert crew.lost() == []
    crew_module.ABSENT_S = 0.0
    assert crew.lost() == [0]
    assert crew.under_way == 0
    assert crew.faults() == ["worker 0 of 2 is gone; its orders were not sent"]
    runner.clients.ready.extend(workers)
    assert crew.lost() == []
    crew.hear(GivenUp("r1", 0, "no disk"))
    assert crew.faults() == ["worker 0 of 2: no disk"]
    assert crew.under_way == 0


if __name__ == "__main__":
    main(Path(sys.argv[1]))
    print("all well")
