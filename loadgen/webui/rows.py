"""The rows of the *Fire exit* tab: the run so far at one glance, every figure with its counts and vantage."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from judging.contracts import Contract
from judging.report.terminal import interval_text, measure_text, needed_text
from judging.verdict.document import clause_document
from loadgen.live.ledger import Ledger
from loadgen.live.run import LiveRun, by_class
from loadgen.live.verdict import so_far
from mock_exchange.errors import code_name
from run_records.clients import Code
from run_records.words import CANCEL, OPENING, REDUCING, Meaning

MOST_CODES = 8
MOST_STUCK = 8
STUCK_AFTER_S = 2
STRUCTURE = [
    {"key": key, "title": title}
    for key, title in (
        ("what", "Fire exit"),
        ("state", "State"),
        ("value", "Measured"),
        ("counted", "Counted"),
        ("needed", "Needed"),
        ("vantage", "Seen by"),
    )
]
_SHORT = {"holds": "✓ holds", "broken": "✗ broken", "inconclusive": "… undecided", "not asked": "– not asked"}
_HEADING = {**_SHORT, "holds": "↗ heading: holds", "broken": "↘ heading: broken"}
"""Before the end: looked at again and again, it is where a clause is heading, and no verdict."""

Row = dict[str, str]


def rows(run: LiveRun | None) -> list[Row]:
    """Of the run that goes on, or the last one."""
    if run is None or run.contract is None:
        return [_row("no run yet", "–")]
    ledger = run.whole()
    return [
        _headline(run),
        *_classes(ledger),
        *(_final(run.document, run) if run.document else _clauses(run.contract, ledger, run)),
        *_intents(run, ledger),
        *_generator(run, ledger),
        *_codes(ledger),
    ]


def _row(
    what: str, state: str, value: str = "", counted: str = "", needed: str = "", vantage: str = ""
) -> Row:
    return {
        "what": what,
        "state": state,
        "value": value,
        "counted": counted,
        "needed": needed,
        "vantage": vantage,
    }


def _headline(run: LiveRun) -> Row:
    state = {"open": "● OPEN", "closing": "◐ CLOSING", "shut": "○ SHUT"}.get(run.exit_state(), "no data")
    share = run.recent_share(REDUCING)
    where = f"{max(0.0, run.elapsed_s()):.0f} of {run.duration_s:.0f} s"
    value = "" if share is None else f"{share:.1%} of reducing orders accepted in the last 10 s"
    if run.document is not None:
        state = run.document["result"].upper()
        where = f"over; records: runs/{run.title['run']}"
        value = ""
    return _row("THE FIRE EXIT", state, value, where, "", "client")


def _clauses(contract: Contract, ledger: Ledger, run: LiveRun) -> list[Row]:
    found = so_far(contract, ledger, max(0.0, run.elapsed_s()))
    known = [clause_document(c.result) for c in found if c.result is not None]
    seen = [_clause_row(clause, "so far, clients", _HEADING) for clause in known]
    unseen = ", ".join(c.clause.id for c in found if c.result is None)
    return seen + [_row("other clauses", "at the end", unseen, "from the exchange's journal")] * bool(unseen)


def _final(document: dict[str, Any], run: LiveRun) -> list[Row]:
    """The verdict: precondition, clauses, why it is no plain yes, and the digest to keep."""
    clauses = [document["precondition"], *document["clauses"]]
    found = [_clause_row(clause, clause["vantage"]) for clause in clauses]
    found += [_row("because", document["result"], reason) for reason in document["reasons"]]
    return [*found, _row("digest of the run", "sealed", run.digest)] if run.digest else found


def _clause_row(clause: dict[str, Any], vantage: str, words: Mapping[str, str] = _SHORT) -> Row:
    share = "" if clause["estimate"] is None else f": {clause['estimate']:.2%}"
    counted = f"{clause['numerator']:,} of {clause['denominator']:,}"
    if clause["interval"]:
        share += f" [{interval_text(clause)}]"
    return _row(
        f"clause {clause['id']}",
        words[clause["result"]],
        f"{measure_text(clause)}{share}",
        counted,
        needed_text(clause),
        vantage,
    )


def _classes(ledger: Ledger) -> list[Row]:
    found = []
    counts = by_class(ledger)
    shares: dict[str, float] = {}
    for klass in (REDUCING, OPENING, CANCEL):
        accepted, counted, every = counts[klass]
        if counted:
            shares[klass] = accepted / counted
            latency = ledger.latency[klass].quantile_s(0.99)
            slow = "" if latency is None else f"; 99 % answered within {latency:g} s"
            found.append(
                _row(
                    f"accepted, {klass}",
                    "",
                    f"{shares[klass]:.1%}{slow}",
                    f"{accepted:,} of {counted:,} ({every:,} in all)",
                    "",
                    "client",
                )
            )
    if len(shares.keys() & {REDUCING, OPENING}) == 2:
        gap = shares[REDUCING] - shares[OPENING]
        state = "favoured" if gap > 0.01 else "INVERTED" if gap < -0.01 else "alike"
        found.append(
            _row("priority gap, reducing − opening", state, f"{100 * gap:+.1f} points", "", "", "client")
        )
    return found


def _codes(ledger: Ledger) -> list[Row]:
    counts: Counter[Code] = Counter()
    reducing: Counter[Code] = Counter()
    for (_, klass, _, meaning, code), count in ledger.attempts.items():
        if meaning is not Meaning.ACCEPTED:
            counts[code] += count
            reducing[code] += count * (klass is REDUCING)
    return [
        _row(
            f"refused with {code_name(code)}",
            "",
            f"{count:,}",
            f"{reducing[code]:,} of them reducing",
            "",
            "client",
        )
        for code, count in counts.most_common(MOST_CODES)
    ]


def _intents(run: LiveRun, ledger: Ledger) -> list[Row]:
    begun = ledger.intents["begun"]
    found = [
        _row(
            "intents to reduce",
            "",
            f"{ledger.intents['served']:,} served, {ledger.outstanding:,} outstanding",
            f"of {begun:,}; {ledger.intents['abandoned']:,} abandoned",
            "",
            "client",
        )
    ]
    for trader, symbol, since, attempts in ledger.stuck[:MOST_STUCK]:
        age = run.elapsed_s() - since / 1e9
        if age > STUCK_AFTER_S:
            found.append(
                _row(f"still in: {trader}", "stuck", f"{symbol}, {age:.0f} s", f"{attempts:,} attempts")
            )
    return found


def _generator(run: LiveRun, ledger: Ledger) -> list[Row]:
    """Whether the generator keeps its rate: a run that does not is invalid, whatever it shows."""
    offered = sum(ledger.offered.values())
    late = ledger.lateness.quantile_s(0.99)
    good = not ledger.missed and not run.faults and (late is None or late <= 0.1)
    value = "" if late is None else f"99 % left within {late:g} s of when they were due"
    found = [
        _row(
            "load generator",
            "keeps its rate" if good else "MISSES ITS RATE",
            value,
            f"{offered:,} offered, {ledger.missed:,} missed; {run.reporting}/{run.workers} workers report",
            "≤ 0.1 s, none missed",
            "loader",
        )
    ]
    return found + [_row("not to be trusted", "INVALID", fault) for fault in run.faults]
