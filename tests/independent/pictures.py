"""What the pictures are drawn from, again from the raw records of one replication."""

from __future__ import annotations

from collections import Counter, defaultdict
from fnmatch import fnmatchcase
from typing import Any

from records import NANO, PRECISIONS, UNKNOWN, Records, scaled

STEPS_MS = (1000, 2000, 5000, 10_000, 15_000, 30_000, 60_000, 120_000, 300_000, 600_000)
PERCENTS = (0, 10, 25, 50, 75, 90, 95, 97.5, 99, 99.5, 99.75, 99.9, 99.95, 99.99, 99.999)


def first(r: Records, end: int, bots: str) -> dict[str, Any]:
    step = next(ms for ms in STEPS_MS if end <= ms * 10**6 * 240) * 10**6
    steps = -(-end // step)
    return {
        "attempts": len(r.attempts),
        "timeline": timeline(r, step, steps),
        "codes": codes(r, step, steps),
        "meanings": meanings(r, step * steps),
        "latency": latency(r),
        "strip": strip(r, bots),
        "reconciliation": reconciliation(r),
    }


def meanings(r: Records, end: int) -> dict[str, Any]:
    """What each code meant, most often met first."""
    met = Counter((a["code"], a["meaning"]) for a in r.attempts if a["intended"] < end)
    found: dict[str, Any] = {}
    for (code, meaning), _ in sorted(met.items(), key=lambda item: (-item[1], item[0][0])):
        found.setdefault(str(code), meaning)
    return found


def cells(r: Records, step: int, steps: int) -> dict[str, Any]:
    table: dict[Any, Any] = {
        klass: [Counter() for _ in range(steps)] for klass in ("reducing", "opening", "cancel")
    }
    for a in r.attempts:
        if a["intended"] < step * steps:
            table[a["class"]][a["intended"] // step][a["code"]] += 1
    return {klass: rows for klass, rows in table.items() if any(rows)}


def timeline(r: Records, step: int, steps: int) -> dict[str, Any]:
    table = cells(r, step, steps)
    served = [0] * steps
    for a in r.attempts:
        started = a["outcome"]["started"] if a["outcome"] else -1
        if 0 <= started < step * steps:
            served[started // step] += 1
    prices: defaultdict[Any, Any] = defaultdict(lambda: [None] * steps)
    for row in r.market:
        if row["at"] < step * steps:
            prices[row["symbol"]][row["at"] // step] = text(row["mark"], PRECISIONS[row["symbol"]][0])
    return {
        "step_s": step / NANO,
        "offered": {klass: [row.total() for row in rows] for klass, rows in table.items()},
        "accepted": {klass: [row[0] for row in rows] for klass, rows in table.items()},
        "served": served,
        "prices": dict(prices),
        "wanting_out": wanting_out(r, step, steps),
    }


def text(value: int, digits: int) -> str:
    whole = f"{value // 10**digits}.{value % 10**digits:0{digits}d}" if digits else str(value)
    return whole.rstrip("0").rstrip(".") if digits else whole


def wanting_out(r: Records, step: int, steps: int) -> list[int]:
    change: Counter[Any] = Counter()
    for number, (_, _, at, _, _, symbol, quantity) in r.intents.items():
        left = scaled(quantity, PRECISIONS[symbol][1])
        change[at // step] += r.worth(symbol, left)
        until = r.given_up.get(number, step * steps)
        for filled, amount in sorted(fill for key in r.keys_of(number) for fill in r.fills.get(key, ())):
            part = min(left, amount)
            if filled < until:
                change[filled // step] -= r.worth(symbol, part)
                left -= part
        if number in r.given_up:
            change[until // step] -= r.worth(symbol, left)
    held, values = 0, []
    for place in range(steps):
        held += change[place]
        values.append(held // 10**8)
    return values


def codes(r: Records, step: int, steps: int) -> dict[str, Any]:
    table = cells(r, step, steps)
    shares: defaultdict[Any, float] = defaultdict(float)
    for rows in table.values():
        whole: Counter[Any] = sum(rows, Counter())
        for code in whole:
            shares[code] = max(shares[code], whole[code] / whole.total())
    del shares[0]
    told = [0, *sorted(shares, key=lambda code: (-shares[code], code))[:7]]
    mixes = {}
    for klass, rows in table.items():
        mix = {str(code): [row[code] for row in rows] for code in told if any(row[code] for row in rows)}
        rest = [row.total() - sum(row[code] for code in told) for row in rows]
        mixes[klass] = {**mix, "other": rest} if any(rest) else mix
    return mixes


def latency(r: Records) -> dict[str, Any]:
    lengths = defaultdict(list)
    for a in r.attempts:
        if a["kind"] == "accepted":
            lengths[a["class"]].append(a["answered"] - a["intended"])
    found = {}
    for klass, mine in lengths.items():
        mine.sort()
        n = len(mine)
        points = [
            [p, round(mine[max(0, -(-round(p * 1000) * n // 100_000) - 1)] / NANO, 6)]
            for p in PERCENTS
            if n * (100 - p) >= 100
        ]
        found[klass] = {"count": n, "percentiles": [*points, [100, round(mine[-1] / NANO, 6)]]}
    return found


def strip(r: Records, bots: str) -> dict[str, Any]:
    tried = defaultdict(list)
    for a in r.attempts:
        if a["class"] == "reducing":
            tried[a["trader"]].append((a["intended"], a["code"]))
    watched = [trader for trader in tried if fnmatchcase(trader, bots)] or list(tried)
    trader = min(watched, key=lambda name: (-len(tried[name]), name))
    marks = sorted(tried[trader])
    return {
        "trader": trader,
        "attempts": len(marks),
        "accepted": sum(code == 0 for _, code in marks),
        "marks": [[round(at / NANO, 3), code] for at, code in marks[:2000]],
    }


LOST, UNHEARD = "lost on the way", "answered, but its client had given up"
OTHERWISE, ALONE = "answered otherwise than its client saw", "known to the exchange alone"
REFUSED, UNKNOWN_DONE = "refused, yet executed", "of unknown fate, executed"
COUNTED = "refused at admission for want of capacity, yet counted against a limit"
TWICE = "executed beyond one intent"


def reconciliation(r: Records) -> dict[str, Any]:
    found: list[tuple[Any, ...]] = []
    matched, met = 0, set()
    for record, a in enumerate(r.attempts, 1):
        met.add((a["key"], a["leg"]))
        kinds = differences(a)
        matched += not kinds
        found += [(kind, "attempts.jsonl", record, a["account"]) for kind in kinds]
    found += [(ALONE, "journal.jsonl", 0, "") for key in r.outcomes if key not in met]
    for row in r.intents.values():
        wanted = scaled(row[6], PRECISIONS[row[5]][1])
        if sum(q for key in r.keys_of(row[1]) for _, q in r.fills.get(key, ())) > wanted:
            found.append((TWICE, "intents.jsonl", r.record_of[row[1]], row[4]))
    counts = Counter(row[0] for row in found)
    every = (LOST, UNHEARD, OTHERWISE, ALONE, REFUSED, UNKNOWN_DONE, COUNTED, TWICE)
    seen: Counter[Any] = Counter()
    examples: list[Any] = []
    for kind, file, record, account in found:
        seen[kind] += 1
        if seen[kind] <= 5:
            examples.append({"kind": kind, "file": file, "record": record, "account": account})
    return {
        "attempts": len(r.attempts),
        "matched": matched,
        "kinds": {kind: counts[kind] for kind in every},
        "examples": examples,
    }


def differences(a: dict[str, Any]) -> list[str]:
    o, code = a["outcome"], a["code"]
    if o is None:
        return [LOST]
    kinds = []
    if code != o["code"]:
        kinds.append(UNHEARD if code in (-1, -2) else OTHERWISE)
    if code and a["engine"] == 0:
        kinds.append(UNKNOWN_DONE if code in UNKNOWN else REFUSED)
    if o["stage"] == "admission" and o["meaning"] == "capacity-refused" and o["counted"]:
        kinds.append(COUNTED)
    return kinds
