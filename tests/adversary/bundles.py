"""Attacks on a sealed run: what somebody may do to it who has the tool, and wants another verdict believed.

`forge` seals again, as an attacker would; `rejudge` first makes verdict and report anew from the changed
records, so that everything in the directory agrees. What then is left is the digest that was kept elsewhere,
or `--again`.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fireexit.directory import write_report, write_verdict
from judging.evidence.manifest import NAME, seal
from judging.run import count_run, judge_run

PARTS = "replication-00", "replication-01"
Deed = Callable[[Path], None]


@dataclass(frozen=True, slots=True)
class Attack:
    """`caught` says what finds it without the digest: "verify", "again" (a simulation made anew), or "digest"
    where only the digest does."""

    name: str
    deed: Deed
    caught: str = "verify"
    words: str = ""
    """Part of what is said of it."""


def forge(folder: Path) -> None:
    for path in folder.rglob("*.sums"):
        path.unlink()
    seal(folder)


def rejudge(folder: Path) -> None:
    """Everything that follows from the records, made anew."""
    counted = count_run(folder)
    verdict = judge_run(counted)
    write_verdict(folder, verdict)
    write_report(folder, verdict, counted)
    forge(folder)


def edited(name: str, change: Callable[[Any], Any], then: Deed = forge) -> Deed:
    """A document with a change."""

    def deed(folder: Path) -> None:
        row = json.loads((folder / name).read_bytes())
        replaced = change(row)
        (folder / name).write_text(json.dumps(row if replaced is None else replaced))
        then(folder)

    return deed


def put(key: str, value: Any) -> Callable[[Any], None]:
    """A change: another value at `a.b.c`."""
    *way, last = key.split(".")

    def change(row: Any) -> None:
        for name in way:
            row = row[int(name)] if isinstance(row, list) else row[name]
        row[int(last) if isinstance(row, list) else last] = value

    return change


def replaced(name: str, old: str, new: str, then: Deed = forge, count: int = -1) -> Deed:
    """A text with another text in it."""

    def deed(folder: Path) -> None:
        text = (folder / name).read_text(encoding="utf-8")
        assert old in text, (name, old)
        (folder / name).write_text(text.replace(old, new, count), encoding="utf-8")
        then(folder)

    return deed


def dropped_rows(name: str, holding: str, then: Deed = forge) -> Deed:
    """A record file without the rows that hold a text."""

    def deed(folder: Path) -> None:
        lines = (folder / name).read_text(encoding="utf-8").splitlines(keepends=True)
        kept = [line for line in lines if holding not in line]
        assert len(kept) < len(lines), (name, holding)
        (folder / name).write_text("".join(kept), encoding="utf-8")
        then(folder)

    return deed


def a_pipe(path: Path) -> None:
    os.mkfifo(path)


def a_link(path: Path) -> None:
    path.symlink_to("/etc/hostname")


def a_loop(path: Path) -> None:
    path.symlink_to(path.parent)


def a_folder(path: Path) -> None:
    path.mkdir()


def instead(name: str, make: Callable[[Path], None]) -> Deed:
    def deed(folder: Path) -> None:
        (folder / name).unlink()
        make(folder / name)

    return deed


def gone(name: str) -> Deed:
    return lambda folder: (folder / name).unlink()


def with_another(name: str, make: Callable[[Path], None]) -> Deed:
    return lambda folder: make(folder / name)


def manifest(change: Callable[[dict[str, Any]], Any]) -> Deed:
    return edited(NAME, change, lambda folder: None)


def without_the_last_replication(folder: Path) -> None:
    """One that went badly, say."""
    shutil.rmtree(folder / PARTS[-1])
    edited("run.json", put("replications", 1), rejudge)(folder)


def swapped(folder: Path) -> None:
    one, other = (folder / part for part in PARTS)
    one.rename(folder / "aside")
    other.rename(one)
    (folder / "aside").rename(other)
    rejudge(folder)


def repeated(folder: Path) -> None:
    """The better one twice."""
    shutil.rmtree(folder / PARTS[1])
    shutil.copytree(folder / PARTS[0], folder / PARTS[1])
    rejudge(folder)


def listed(folder: Path, name: str) -> None:
    """A file of the attacker's own, sealed like the rest."""
    (folder / name).write_text("{}")
    forge(folder)


SHED, YES = ',"capacity-refused",503,-1008,"",""]', ',"accepted",200,0,"",""]'
ATTEMPTS = f"{PARTS[0]}/attempts.jsonl"
JOURNAL = f"{PARTS[0]}/journal.jsonl"
INTENTS = f"{PARTS[0]}/intents.jsonl"
DOCUMENTS = ["run", "terms", "goals", "machine", "verdict", "report"]
SEALED = [
    *(f"{name}.json" for name in DOCUMENTS),
    "scenario.toml",
    "contract.toml",
    "report.html",
    ATTEMPTS,
    JOURNAL,
    INTENTS,
    f"{JOURNAL}.sums",
]


VERDICT_LIES: dict[str, Any] = {
    "result": "holds",
    "reasons": [],
    "run.policy": "exempt",
    "run.seed": 4,
    "run.replications": 20,
    "contract.name": "other",
    "contract.confidence": 0.5,
    "clauses.0.result": "holds",
    "clauses.0.numerator": 1,
    "clauses.0.at_least": 0.1,
    "precondition.result": "holds",
    "classes.opening.attempts": 5,
}
TERMS_LIES: dict[str, Any] = {"duration_ns": 1, "recovers_at_ns": 5, "feigned": True}
RUN_LIES: list[tuple[str, Any]] = [
    *(("replications", number) for number in (10**9, 0, 3)),
    ("duration_s", 1e300),
    ("mode", "load"),
    ("mode", "other"),
    ("seed", "x"),
    ("contract", 5),
    ("schema", "fireexit.run/9"),
    ("settings", {"rate": "1e9"}),
]
_DRIVER: dict[str, float] = {
    "sent": 1,
    "missed": 0,
    "unanswered": 0,
    **dict.fromkeys(("lateness_p50_ms", "lateness_p99_ms", "lateness_max_ms", "cpu_s", "cpu_share"), 0.0),
}


def attacks() -> Iterator[Attack]:
    # with what is sealed
    for name in SEALED:
        yield Attack(f"{name} taken away", gone(name), words=f"{name}: is missing")
    for name in ("verdict.json", ATTEMPTS, "contract.toml", "report.html"):
        yield Attack(f"a link instead of {name}", instead(name, a_link), words=f"{name}: is no regular file")
        yield Attack(f"a pipe instead of {name}", instead(name, a_pipe), words=f"{name}: is no regular file")
        yield Attack(f"a folder instead of {name}", instead(name, a_folder), words=f"{name}: is missing")
    yield Attack(
        "a pipe beside the rest", with_another("x.jsonl", a_pipe), words="x.jsonl: is no regular file"
    )
    yield Attack(
        "a folder that leads into itself", with_another("deeper", a_loop), words="deeper: is no regular file"
    )
    yield Attack(
        "a file beside the rest", lambda folder: (folder / ".x").touch(), words=".x: was not there when"
    )
    yield Attack(
        "a name that moves the cursor",
        lambda folder: (folder / "\x1b[2Jx").touch(),
        words="\\x1b[2Jx: was not there when",
    )
    # with the seal itself
    yield Attack("another hash", manifest(_other_hash))
    yield Attack("a file less in the seal", manifest(lambda row: row["files"].pop("verdict.json") and None))
    yield Attack("a file more in the seal", manifest(_a_file_more), words="not-there.json: is missing")
    for name in ("/etc/hostname", "../outside", "a/../../b"):
        yield Attack(f"{name} in the seal", manifest(_naming(name)), words="malformed")
    for text in (b"", b"[]", b"{}", b'{"schema": "fireexit.manifest/2", "files": []}', b"\xff"):
        yield Attack(f"{text!r} for a seal", _seal_of(text), words="manifest.json")
    yield Attack("a pipe for a seal", instead(NAME, a_pipe), words="no regular file")
    yield Attack("a link for a seal", instead(NAME, a_link), words="no regular file")
    yield Attack("no seal", gone(NAME), words="no finished run")
    # sealed again
    for key, value in VERDICT_LIES.items():
        yield Attack(f"verdict: {key}", edited("verdict.json", put(key, value)), words="verdict.json")
    yield Attack("verdict: a clause less", edited("verdict.json", lambda row: row["clauses"].pop() and None))
    yield Attack("verdict: a word more", edited("verdict.json", put("certified", True)))
    yield Attack("verdict: not one", edited("verdict.json", lambda row: []))
    yield Attack(
        "report: rates", edited("report.json", put("rates.0.share", 0.0)), words="report.json: rates"
    )
    yield Attack(
        "report: a page of lies", replaced("report.html", "In short", "In brief"), words="report.html"
    )
    yield Attack(
        "report: another version excuses nothing",
        edited("run.json", put("versions.fireexit", "9.9"), edited("report.json", put("rates.0.share", 0.0))),
        words="run.json names fireexit 9.9",
    )
    for key, value in TERMS_LIES.items():
        yield Attack(f"terms: {key}", edited("terms.json", put(key, value)), words="terms.json")
    yield Attack("run: state", edited("run.json", put("state", "aborted")), words="aborted")
    for key, value in RUN_LIES:
        yield Attack(f"run: {key} {value}", edited("run.json", put(key, value)))
    yield Attack("machine: faults of nobody", edited("machine.json", put("faults", ["it was late"])))
    yield Attack(
        "machine: a driver of nobody", edited("machine.json", put("drivers", [_DRIVER])), words="machine.json"
    )
    yield Attack("records: an answer", replaced(ATTEMPTS, SHED, YES, count=1))
    yield Attack("records: all answers", replaced(ATTEMPTS, SHED, YES))
    yield Attack("records: no refusals", dropped_rows(ATTEMPTS, SHED))
    yield Attack(
        "records: no such word", replaced(ATTEMPTS, '"accepted"', '"agreed"', count=1), words="cannot be read"
    )
    yield Attack(
        "records: a file of another worker", lambda folder: _copied(folder, ATTEMPTS, "attempts-1.jsonl")
    )
    yield Attack("journal: none", lambda folder: _without(folder, JOURNAL))
    # everything made anew: what follows from such records, follows
    yield Attack("rejudged: answers", replaced(ATTEMPTS, SHED, YES, rejudge), "again")
    yield Attack("rejudged: no refusals", dropped_rows(ATTEMPTS, SHED, rejudge), "again")
    yield Attack("rejudged: a replication less", without_the_last_replication, "digest")
    yield Attack("rejudged: one twice", repeated, "again")
    yield Attack("rejudged: two swapped", swapped, "again")
    yield Attack("rejudged: another seed", edited("run.json", put("seed", 4), rejudge), "again")
    yield Attack("rejudged: another policy", edited("run.json", put("policy", "exempt"), rejudge), "again")
    yield Attack(
        "rejudged: a softer contract",
        replaced("contract.toml", "at_least = 0.99", "at_least = 0.01", rejudge),
        "digest",
        "contract strict: beware",
    )
    yield Attack(
        "rejudged: a milder scenario",
        replaced("scenario.toml", 'summary = "', 'summary = "x', rejudge),
        "digest",
        "scenario mixed: beware",
    )
    yield Attack("rejudged: a file of one's own", lambda folder: listed(folder, "notes.json"), "digest")


def _other_hash(row: dict[str, Any]) -> None:
    row["files"]["verdict.json"]["sha256"] = "0" * 64


def _a_file_more(row: dict[str, Any]) -> None:
    row["files"]["not-there.json"] = {"sha256": "0" * 64, "bytes": 1}


def _naming(name: str) -> Callable[[dict[str, Any]], None]:
    def change(row: dict[str, Any]) -> None:
        row["files"][name] = {"sha256": "0" * 64, "bytes": 1}

    return change


def _seal_of(text: bytes) -> Deed:
    def deed(folder: Path) -> None:
        (folder / NAME).write_bytes(text)

    return deed


def _copied(folder: Path, name: str, to: str) -> None:
    shutil.copyfile(folder / name, (folder / name).with_name(to))
    forge(folder)


def _without(folder: Path, name: str) -> None:
    (folder / name).unlink()
    forge(folder)
