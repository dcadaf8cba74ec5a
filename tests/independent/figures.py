"""Every figure of the page again, from the raw records alone. Formulas are in the page's own words."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Callable
from fnmatch import fnmatchcase
from typing import Any

from records import NANO, PRECISIONS, Records, scaled
from scipy.special import betaincinv, ndtri, stdtrit

AGAINST = ("capacity", "unknown", "false-state")
CLASSES = ("opening", "reducing", "truly-reducing", "exiting", "feigned", "cancel")


def interval(pairs: list[Any], alpha: float) -> list[float] | None:
    """Hull of Student's t on the ratio, of the same on the log odds, and of Wilson's; None for one run."""
    if len(pairs) < 2:
        return None
    pairs = [pair for pair in pairs if pair[1]]
    k, n = sum(a for a, _ in pairs), sum(b for _, b in pairs)
    if not n:
        return [0.0, 1.0]
    p, m = k / n, len(pairs)
    if m < 2:
        return [0.0, 1.0]
    error = math.sqrt(m / (m - 1) * sum(((a - p * b) / n) ** 2 for a, b in pairs))
    half = float(stdtrit(m - 1, 1 - alpha / 2)) * error
    lows, highs = [p - half], [p + half]
    if 0 < p < 1:
        middle, width = math.log(p / (1 - p)), half / (p * (1 - p))
        lows.append(1 - 1 / (1 + math.exp(min(700, middle - width))))
        highs.append(1 / (1 + math.exp(-min(700, middle + width))))
    z = float(ndtri(1 - alpha / 2))
    centre, spread = (p + z * z / n / 2) / (1 + z * z / n), z / (1 + z * z / n)
    wilson = spread * math.sqrt(p * (1 - p) / n + z * z / n / n / 4)
    return [round(max(0.0, min(*lows, centre - wilson)), 6), round(min(1.0, max(*highs, centre + wilson)), 6)]


def whole_runs(pairs: list[tuple[int, int]], least: float, alpha: float) -> dict[str, Any]:
    """Runs whose exact interval, corrected for their number, lies below what is asked; the share of all that
    may; the run that fared worst."""
    level = 1 - alpha / len(pairs) / 2
    highest = [float(betaincinv(k + 1, n - k, level)) if k < n else 1.0 for k, n in pairs]
    fell_short, of = sum(high < least for high in highest), len(pairs)
    ruled_out = float(betaincinv(fell_short + 1, of - fell_short, 1 - alpha)) if fell_short < of else 1.0
    worst = min((k / n, number) for number, (k, n) in enumerate(pairs) if n)
    return {
        "rarest": {"fell_short": fell_short, "of": of, "ruled_out": round(ruled_out, 6)},
        "worst": {"estimate": round(worst[0], 6), "number": worst[1]},
    }


def classes(all_records: list[Records]) -> dict[str, Any]:
    kinds: defaultdict[Any, Any] = defaultdict(Counter)
    for records in all_records:
        for a in records.attempts:
            groups = [a["class"]]
            if a["truly"]:
                groups += ["truly-reducing"] + ["exiting"] * (a["intent"] >= 0)
            for group in groups:
                kinds[group][a["kind"]] += 1
    names = (
        "accepted",
        "capacity",
        "unknown",
        "false-state",
        "self-inflicted",
        "justified",
        "rate-limit",
        "malformed",
    )
    return {
        group: {
            "attempts": (whole := kinds[group].total()),
            **{kind: kinds[group][kind] for kind in names},
            "accepted_share": round(kinds[group]["accepted"] / whole, 6) if whole else None,
        }
        for group in CLASSES
    }


def intents(all_records: list[Records], end: int) -> dict[str, Any]:
    endings: Counter[Any] = Counter()
    for r in all_records:
        for number in r.intents:
            endings[ending(r, number, end)] += 1
    return {"count": endings.total(), "endings": dict(endings)}


def ending(r: Records, number: int, end: int) -> str:
    row, filled = r.intents[number], 0
    wanted = scaled(row[6], PRECISIONS[row[5]][1])
    for at, quantity in sorted(fill for key in r.keys_of(number) for fill in r.fills.get(key, ())):
        filled += quantity
        if filled >= wanted and at <= end:
            return "served"
    return "abandoned" if number in r.given_up else "open at the end"


def clauses(all_records: list[Records], alpha: float, least: float) -> dict[str, Any]:
    """The contract docs-2025-10-23: (numerator, denominator, estimate, interval, and what is said of whole
    runs) of each clause; `least` is asked of `reducing-ahead`."""

    def met(group: str) -> tuple[int, int]:
        mine = [a for r in all_records for a in r.attempts if a["class"] == group]
        return sum(a["code"] == -1008 for a in mine), len(mine)

    shed = [a for r in all_records for a in r.attempts if a["code"] == -1008]
    refused = [
        (sum(a["kind"] in AGAINST for a in mine), sum(a["kind"] in (*AGAINST, "accepted") for a in mine))
        for mine in ([a for a in r.attempts if a["class"] == "opening"] for r in all_records)
    ]
    ahead = [ahead_of_most(r) for r in all_records]
    executed = sum(a["engine"] == 0 for a in shed)
    counted = sum(bool(a["outcome"] and a["outcome"]["counted"]) for a in shed)
    return {
        "overload": (*total(refused), share(refused), interval(refused, alpha) or [0.0, 1.0], {}),
        "reducing-exempt": (*met("reducing"), None, None, {}),
        "reducing-ahead": (
            *total(ahead),
            share(ahead),
            interval(ahead, alpha) or [0.0, 1.0],
            whole_runs(ahead, least, alpha),
        ),
        "cancels-exempt": (*met("cancel"), None, None, {}),
        "refused-not-executed": (executed, len(shed), None, None, {}),
        "refused-not-counted": (counted, len(shed), None, None, {}),
    }


def total(pairs: list[tuple[int, int]]) -> tuple[int, int]:
    return sum(a for a, _ in pairs), sum(b for _, b in pairs)


def share(pairs: list[tuple[int, int]]) -> float | None:
    k, n = total(pairs)
    return round(k / n, 6) if n else None


def ahead_of_most(r: Records) -> tuple[int, int]:
    """Of the orders claiming to reduce that came while openings waited, those that got before most of them.
    One that the engine never begins gets before nobody."""
    queues = defaultdict(list)
    for a in r.attempts:
        o = a["outcome"]
        if o is None:
            continue
        came = o["admitted"] if o["admitted"] >= 0 else o["arrived"]
        if a["class"] == "opening" and o["admitted"] >= 0:
            queues[a["symbol"]].append((came, False, o["started"] if o["started"] >= 0 else o["at"]))
        elif a["class"] == "reducing" and o["started"] >= 0:
            queues[a["symbol"]].append((came, True, o["started"]))
        elif a["class"] == "reducing" and a["kind"] in ("capacity", "unknown"):
            queues[a["symbol"]].append((came, True, math.inf))
    ahead = asked = 0
    for events in queues.values():
        waiting: list[float] = []
        for came, reducing, left in sorted(events):
            if not reducing:
                waiting.append(left)
                continue
            waiting = [other for other in waiting if other > came]
            asked += bool(waiting)
            ahead += 2 * sum(other > left for other in waiting) > len(waiting)
    return ahead, asked


def rates(
    all_records: list[Records], window: tuple[int, int], bots: str, end: int, alpha: float
) -> dict[str, Any]:
    """{(vantage, class, counts, per): figures}."""
    table = defaultdict(list)
    codes = codes_shown(all_records, window)
    for r in all_records:
        for key, pair in one_run(r, window, bots, end, codes).items():
            table[key].append(pair)
    found = {}
    for key, runs in table.items():
        k, n = total([run[:2] for run in runs])
        unit = 10**8 if key[3] == MONEY else 1
        each = sum(run[2] for run in runs) / n if key[3] == MONEY else 1
        pairs = [(run[0] * each, run[1] * each) for run in runs]
        found[key] = {
            "numerator": k // unit,
            "denominator": n // unit,
            "share": round(k / n, 6),
            "interval": interval(pairs, alpha),
        }
    return found


def one_run(r: Records, window: tuple[int, int], bots: str, end: int, codes: list[Any]) -> dict[str, Any]:
    inside = [a for a in r.attempts if window[0] <= a["intended"] < window[1]]
    watched = {a["trader"]: fnmatchcase(a["trader"], bots) for a in r.attempts}
    groups = {
        "all order requests": inside,
        "opening orders": [a for a in inside if a["class"] == "opening"],
        "orders claimed to reduce": [a for a in inside if a["class"] == "reducing"],
        "orders that truly reduce": [a for a in inside if a["truly"]],
        "cancels": [a for a in inside if a["class"] == "cancel"],
        "the bots' orders to reduce": [
            a for a in inside if a["class"] == "reducing" and watched[a["trader"]]
        ],
    }
    found: dict[Any, Any] = {}
    for name, mine in groups.items():
        if mine:
            client(found, name, mine, codes)
            weigh(found, name, mine)
        arrived = [a for a in mine if a["outcome"]]
        if arrived:
            gateway(found, name, arrived)
        reached = [a for a in mine if a["engine"] is not None]
        if reached:
            refused = sum(a["engine"] != 0 for a in reached)
            found["engine", name, "refused by the engine", "orders that reached the engine"] = (
                refused,
                len(reached),
            )
    decisions(found, r, bots, end)
    shut(found, groups["orders claimed to reduce"])
    return found


MONEY = "USDT of notional"
NOT = "not accepted, for whatever reason"
WANT = "for want of capacity: refused, or answered with an unknown fate"
MOST_CODES = 8


def wanting(a: dict[str, Any]) -> Any:
    """Refused for want of capacity, or answered so that nobody knows; silence is no answer."""
    return a["meaning"] == "capacity-refused" or (a["meaning"] == "unknown" and a["http"] != 0)


def codes_shown(all_records: list[Records], window: tuple[int, int]) -> list[Any]:
    """Those that refusals inside the window came with most often, over all runs."""
    met = Counter(
        a["code"]
        for r in all_records
        for a in r.attempts
        if window[0] <= a["intended"] < window[1] and a["meaning"] != "accepted"
    )
    return sorted(met, key=lambda code: (-met[code], code))[:MOST_CODES]


def client(found: Any, name: str, mine: list[Any], codes: list[Any]) -> None:
    tests: dict[str, Callable[[Any], bool]] = {
        NOT: lambda a: a["meaning"] != "accepted",
        "refused for certain": lambda a: a["meaning"] not in ("accepted", "unknown"),
        WANT: wanting,
        "of unknown fate: answered so, timed out, or cut off": lambda a: a["meaning"] == "unknown",
        "refused for the state of the account": lambda a: a["meaning"] == "state-refused",
    }
    for what, test in tests.items():
        found["client", name, what, "attempts"] = sum(test(a) for a in mine), len(mine)
    for code in codes:
        refused = sum(a["code"] == code and a["meaning"] != "accepted" for a in mine)
        found["client", name, f"refused with {code}", "attempts"] = refused, len(mine)


def gateway(found: Any, name: str, arrived: list[Any]) -> None:
    outcomes = [a["outcome"] for a in arrived]
    shed = [o["stage"] == "admission" for o in outcomes]
    late = [o["admitted"] >= 0 and o["stage"] != "admission" and o["meaning"] == "unknown" for o in outcomes]
    for what, counted in (
        ("shed at admission", shed),
        ("answered with anything but success", [o["meaning"] != "accepted" for o in outcomes]),
        ("admitted, but not answered in time", late),
    ):
        found["gateway", name, what, "attempts that arrived"] = sum(counted), len(outcomes)


def weigh(found: Any, name: str, mine: list[Any]) -> None:
    """Notional in units of 1e-8 USDT, and how many orders it is of."""
    whole = sum(a["worth"] for a in mine)
    if whole and name in ("opening orders", "orders claimed to reduce", "the bots' orders to reduce"):
        lacking = sum(a["worth"] for a in mine if wanting(a))
        refused = sum(a["worth"] for a in mine if a["meaning"] != "accepted")
        found["client", name, NOT, MONEY] = refused, whole, len(mine)
        found["client", name, WANT, MONEY] = lacking, whole, len(mine)


def decisions(found: Any, r: Records, bots: str, end: int) -> None:
    since = "decisions since the beginning"
    counts: defaultdict[Any, Any] = defaultdict(lambda: [0, 0])
    for number, row in r.intents.items():
        mine = r.by_intent().get(number, [])
        accepted = [a["kind"] == "accepted" for a in mine]
        for who in ["everybody"] + ["the bots"] * fnmatchcase(row[3], bots):
            add(
                counts["client and engine", who, "not served by the end", since],
                ending(r, number, end) != "served",
            )
            if mine:
                tried = f"{since} that were tried"
                add(counts["client", who, "at least one attempt refused", tried], not all(accepted))
                add(counts["client", who, "no attempt accepted", tried], not any(accepted))
    found.update({key: tuple(pair) for key, pair in counts.items()})


def add(pair: list[Any], counts: bool) -> None:
    pair[0] += counts
    pair[1] += 1


def shut(found: Any, reducing: list[Any]) -> None:
    cuts: dict[str, Callable[[Any], Any]] = {
        "accounts that tried": lambda a: a["account"],
        "minutes with an attempt": lambda a: a["intended"] // (60 * NANO),
        "seconds with an attempt": lambda a: a["intended"] // NANO,
    }
    for per, cut in cuts.items():
        tried, accepted = (
            Counter(map(cut, reducing)),
            Counter(cut(a) for a in reducing if a["meaning"] == "accepted"),
        )
        if tried:
            key = "client", "orders claimed to reduce"
            half = sum(2 * accepted[place] < n for place, n in tried.items())
            found[*key, "less than half accepted", per] = half, len(tried)
            if per.startswith("accounts"):
                found[*key, "none accepted", per] = sum(not accepted[p] for p in tried), len(tried)


def endings(all_records: list[Records]) -> list[dict[str, Any]]:
    counts: Counter[Any] = Counter()
    for r in all_records:
        for a in r.attempts:
            o = a["outcome"]
            stage, answered = (o["stage"], o["code"]) if o else ("never arrived", None)
            counts[a["class"], stage, answered, a["code"], a["engine"] == 0] += 1
    names = ("class", "stage", "answered", "seen", "executed", "attempts")
    ordered = sorted(counts.items(), key=lambda item: (*item[0][:2], item[0][2] or 0, *item[0][3:]))
    return [dict(zip(names, (*key, count), strict=True)) for key, count in ordered]


def flow(rows: list[dict[str, Any]]) -> Counter[Any]:
    """Share of a class that ended for good at a stage, that the engine did, and did unknown to the client."""
    found: Counter[Any] = Counter()
    for klass in {row["class"] for row in rows}:
        mine = [row for row in rows if row["class"] == klass]
        whole = sum(row["attempts"] for row in mine)
        for row in mine:
            where = "done" if row["executed"] else row["stage"]
            found[f"{klass}|{where}"] += row["attempts"] / whole
            found[f"{klass}|unknown"] += (row["executed"] and row["seen"] != 0) * row["attempts"] / whole
    return found
