"""Runs over sockets of which one process is killed, terminated, interrupted or loses its terminal: is
anything left afterwards, and is anything said that is not so?

    python -m studies.deaths [DEATHS] [AT_ONCE]

Who, when, which signal and how many workers are drawn from the number of the death. A run needs a quarter of
a core, so that some can go on at once. Resumable: what has been tried is in runs/soak/deaths.jsonl. The
summary goes to docs/proof/deaths.json.
"""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import contextmanager
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

import psutil

from judging.reading.ended import Collector, Ended, Sources, collect
from mock_exchange.plan import Plan, access_for
from run_records.folder import replication_folder
from run_records.journal import JOURNAL_FILE, OutcomeRow, QueryRow, read_journal
from run_records.terms import TERMS_FILE, read_terms
from run_records.words import Meaning
from studies.processes import COMMAND, EXCHANGE, LOADER, WORKER, Family, family, member
from studies.proof import Campaign
from studies.served import Served

DEATHS, AT_ONCE = 350, 2
"""Of which every tenth is none."""
DURATION_S = 20
"""Long enough for a run that is left alone to decide."""
WITHIN_S = 2.0
"""In which nothing may be left, once the command has ended."""
PATIENCE_S = 90.0
NOBODY = "nobody"
SIGNALS = ("SIGKILL", "SIGTERM", "SIGHUP", "SIGINT")
INCONCLUSIVE, BROKEN = 3, 1


class Death(NamedTuple):
    """Who dies how, and when, counted from the start of the command; NOBODY in a run that is left alone. The
    exchange is one that was there before where it is `outside`, and counts what still comes."""

    who: str
    signal: str
    workers: int
    at_s: float
    outside: bool = False


def drawn(number: int) -> Death:
    """Every tenth run is left alone."""
    draw = Random(f"death/{number}")
    workers = draw.choice((1, 2, 4))
    outside = draw.random() < 0.25
    victims = [COMMAND, LOADER, *([] if outside else [EXCHANGE]), *([WORKER] if workers > 1 else [])]
    who = NOBODY if number % 10 == 3 else draw.choice(victims)
    return Death(who, draw.choice(SIGNALS), workers, round(draw.uniform(1.0, DURATION_S + 3.0), 2), outside)


def died(death: Death, seed: int) -> dict[str, Any]:
    """What became of a run under `exempt`, whose promise holds."""
    with (
        tempfile.TemporaryDirectory(prefix="fireexit-deaths-") as name,
        _exchange(death, Path(name)) as options,
    ):
        folder, log = Path(name) / "run", Path(name) / "log"
        arguments = ["check", "--duration", str(DURATION_S), "--seed", str(seed), "--out", str(folder)]
        arguments += ["--workers", str(death.workers), *options]
        with log.open("wb") as said:
            command = subprocess.Popen(
                [sys.executable, "-m", "fireexit", *arguments],
                cwd=name,
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=said,
                start_new_session=True,
            )
            time.sleep(death.at_s)
            processes = family(command.pid)
            victim = member(processes, death.who)
            if victim is not None:
                victim.send_signal(signal.Signals[death.signal])
            status = command.wait(PATIENCE_S)
        ended = time.monotonic()
        left = _left(processes, ended)
        return {
            "struck": victim is not None,
            "status": status,
            "gone_after_s": round(time.monotonic() - ended, 2),
            "left": left,
            "came_after_the_end": _came(Path(name)) if death.outside else 0,
            "keys": _keys_in(folder),
            "unrecorded": _unrecorded(folder),
            "seal": _seal(folder),
            "traceback": "Traceback" in log.read_text(errors="replace"),
        }


@contextmanager
def signals_as_usual() -> Iterator[None]:
    """For processes that are started meanwhile: whoever started this one may have had it ignore some (nohup,
    a shell's background), and that is inherited. For the main thread only."""
    before = {number: signal.signal(number, signal.SIG_DFL) for number in (signal.SIGHUP, signal.SIGINT)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def _exchange(death: Death, folder: Path) -> Iterator[list[str]]:
    """The options by which a run finds the exchange that is there already, if it is to."""
    if not death.outside:
        yield []
        return
    served = Served(folder)
    try:
        yield ["--host", served.url, "--accounts", str(served.accounts_file)]
    finally:
        served.end()


def _came(folder: Path) -> int:
    """How many requests the exchange has met after the run had had its time to end."""
    time.sleep(0.2)  # what was taken is written
    before = _met(folder)
    time.sleep(1.5)
    return _met(folder) - before


def _met(folder: Path) -> int:
    return sum(isinstance(row, OutcomeRow | QueryRow) for row in read_journal(folder / JOURNAL_FILE))


def _left(processes: Family, since: float) -> list[str]:
    """Who is still there after WITHIN_S."""
    while True:
        there = [name for name, each in processes.items() for one in each if _lives(one)]
        if not there or time.monotonic() - since > WITHIN_S:
            return sorted(there)
        time.sleep(0.02)


def _lives(process: psutil.Process) -> bool:
    try:
        return bool(process.is_running() and process.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


def _keys_in(folder: Path) -> bool:
    """Whether any file that is left holds a key of an account."""
    plan = folder / "plan.json"
    if not plan.exists():
        return False
    secrets = [access.secret.encode() for access in access_for(Plan.from_dict(json.loads(plan.read_text())))]
    texts = [path.read_bytes() for path in folder.rglob("*") if path.is_file()]
    return any(secret in text for secret in secrets for text in texts)


class _Unrecorded(Collector):
    """Attempts that were acknowledged, and are not in the exchange's journal."""

    def __init__(self) -> None:
        self.count_of = 0

    def count(self, ended: Ended) -> None:
        self.count_of += ended.row.meaning is Meaning.ACCEPTED and ended.seen is None


def _unrecorded(folder: Path) -> int:
    records = replication_folder(folder, 0)
    if not (records / JOURNAL_FILE).exists() or not (folder / TERMS_FILE).exists():
        return 0
    found = _Unrecorded()
    collect(Sources.of(records), read_terms(folder), [found])
    return found.count_of


def _seal(folder: Path) -> str:
    """`intact`, `broken`, or `none` for a run that was not finished."""
    if not (folder / "manifest.json").exists():
        return "none"
    verify = [sys.executable, "-m", "fireexit", "verify", str(folder)]
    return "intact" if subprocess.run(verify, capture_output=True, check=False).returncode == 0 else "broken"


def faults_of(death: Death, found: dict[str, Any]) -> list[str]:
    """What must not be, in words."""
    wrong = []
    if found["left"]:
        wrong.append(f"left after {WITHIN_S:g} s: {', '.join(found['left'])}")
    if found["came_after_the_end"]:
        wrong.append(f"{found['came_after_the_end']} requests came after the end")
    if found["keys"]:
        wrong.append("a file holds keys")
    if found["unrecorded"]:
        wrong.append(f"{found['unrecorded']} acknowledged orders are not in the journal")
    if found["seal"] == "broken":
        wrong.append("the seal is broken")
    if found["traceback"]:
        wrong.append("a traceback")
    if found["status"] == BROKEN:
        wrong.append("told broken of a venue that keeps its promise")
    of_command = death.who == COMMAND and found["struck"]
    if not of_command and found["status"] not in (0, INCONCLUSIVE):
        wrong.append(f"status {found['status']}")
    return wrong


def summary(rows: list[dict[str, Any]]) -> dict[str, Any]:
    struck = [row for row in rows if row["struck"]]
    alone = [row for row in rows if row["who"] == NOBODY]
    return {
        "left_alone": len(alone),
        "decided": sum(row["status"] == 0 for row in alone),
        "outside": sum(row["outside"] for row in struck),
        "deaths": len(struck),
        "by_who": dict(sorted(Counter(row["who"] for row in struck).items())),
        "by_signal": dict(sorted(Counter(row["signal"] for row in struck).items())),
        "statuses": {str(k): n for k, n in sorted(Counter(row["status"] for row in struck).items())},
        "faults": [row for row in rows if row["faults"]],
        "gone_after_s": max((row["gone_after_s"] for row in rows), default=0.0),
    }


def main(deaths: int = DEATHS, at_once: int = AT_ONCE) -> int:
    """Try what is left. 1 if anything was not as it must be."""
    campaign = Campaign("deaths")
    left = sorted(set(range(deaths)) - {row["number"] for row in campaign.rows})

    def tried(number: int) -> dict[str, Any]:
        death = drawn(number)
        found = died(death, number)
        return {"number": number, **death._asdict(), **found, "faults": faults_of(death, found)}

    with signals_as_usual(), ThreadPoolExecutor(at_once) as threads:
        for row in as_completed([threads.submit(tried, number) for number in left]):
            campaign.add(**row.result())
    return 1 if campaign.told(summary)["faults"] else 0


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:])))
