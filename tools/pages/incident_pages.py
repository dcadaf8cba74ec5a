"""The words around the figures of the re-enacted incident."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from judging.report.reenactment import first_seen, minutes_and_seconds
from loadgen.scenarios.parameters import Parameter

MEASURES = (
    ("not accepted", "bots' attempts not accepted", "share"),
    ("-1008", "of all: -1008", "share"),
    ("of unknown fate", "of all: no answer known", "share"),
    ("-4118, -2022", "of all: -4118, -2022", "share"),
    ("-2010", "of all: -2010", "share"),
    ("bots out", "bots that got out themselves", "share"),
    ("median seconds to flat, of those", "median time to flat of those, s", "number"),
    ("bots' loss, USDT", "loss of all bots from their decision on, USDT", "money"),
    ("accounts liquidated", "accounts liquidated", "number"),
    ("depth within 1 %, USDT a symbol", "depth 05:15-05:25, USDT", "money"),
    ("lowest price against elsewhere", "lowest price against elsewhere", "share"),
)


def story_page(data: Mapping[str, Any]) -> str:
    """docs/incident.md."""
    seeds = data["seeds"]
    shares = [share for share in seeds["bots"]["refused_share"] if share is not None]
    words = {
        "runs": seeds["runs"],
        "shows": seeds["show_the_picture"],
        "enough": seeds["refused_enough"],
        "ordered": seeds["codes_in_order"],
        "mean": f"{statistics.mean(shares):.1%}",
        "least": f"{min(shares):.1%}",
        "attempts": f"{statistics.mean(seeds['bots']['attempts']):,.0f}",
        "order": ", ".join(f"{name} {minutes_and_seconds(second)}" for second, name in first_seen(seeds)),
        "codes": _codes(seeds["bots"]["codes"], seeds["code_names"]),
        "near": _near(seeds),
        "near_table": _rates(seeds["rates"][:14]),
        "all_table": _rates(sorted(seeds["rates"], key=lambda row: -row["mean"])[:14]),
        "definitions": len(seeds["rates"]),
        "openings": _rate(seeds, "client", "opening orders", "not accepted, for whatever reason"),
        "decisions": _rate(seeds, "client", "everybody", "not served by the end"),
        "bot_decisions": _rate(seeds, "client", "the bots", "not served by the end"),
        "policies": _policies(data["counterfactual"]),
        "policy_end": _clock(data["counterfactual"]["duration_s"]),
        "policy_seeds": data["counterfactual"]["seeds"],
        "bots": _bots(data["counterfactual"]),
        "makers": _makers(data["makers"]),
    }
    return _template("incident").format(**words)


def _template(name: str) -> str:
    return (Path(__file__).parent / "templates" / f"{name}.md").read_text(encoding="utf-8")


def _clock(second: float) -> str:
    """The time of day (UTC+8) at a second of the run."""
    minutes = 5 * 60 + 12 + int(second) // 60
    return f"{minutes // 60:02d}:{minutes % 60:02d}"


def _codes(codes: Mapping[str, int], names: Mapping[str, str]) -> str:
    total = sum(codes.values())
    rows = sorted(codes.items(), key=lambda item: -item[1])
    return ", ".join(
        f"{names.get(code, code)} {count / total:.1%}" for code, count in rows if count / total > 0.0005
    )


def _near(seeds: Mapping[str, Any]) -> str:
    row = next(r for r in seeds["rates"] if r["counts"] in ("refused with -1008", "shed at admission"))
    what = "refused with -1008" if row["counts"] == "refused with -1008" else "shed with -1008"
    return (
        f"Of **{row['class']}** in the same window **{row['mean']:.1%}** were {what} (runs from "
        f"{row['least']:.1%} to {row['most']:.1%}): of all definitions with -1008 the one nearest to the "
        "provider's figure."
    )


def _rate(seeds: Mapping[str, Any], vantage: str, klass: str, counts: str) -> str:
    for row in seeds["rates"]:
        seen = row["vantage"].startswith(vantage) and row["class"] == klass
        if seen and row["counts"] == counts:
            return f"{row['mean']:.1%}"
    return "none"


def _table(head: list[str], rows: Iterable[list[str]]) -> str:
    lines = [f"| {' | '.join(head)} |", f"| {' | '.join('---' for _ in head)} |"]
    return "\n".join([*lines, *(f"| {' | '.join(row)} |" for row in rows)])


def _rates(rows: list[Mapping[str, Any]]) -> str:
    def cells(row: Mapping[str, Any]) -> list[str]:
        span = f"{row['least']:.1%} … {row['most']:.1%}"
        return [f"{row['mean']:.1%}", span, row["vantage"], row["class"], row["counts"], row["per"]]

    head = ["mean", "runs", "counted at", "of", "counts as rejected", "per"]
    return _table(head, (cells(row) for row in rows))


def _lines(counterfactual: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """By policy and measure."""
    table: dict[str, dict[str, Any]] = {}
    for line in counterfactual["lines"]:
        table.setdefault(line["policy"], {})[line["measure"]] = line
    return table


def _shown(value: float | None, kind: str) -> str:
    if value is None:
        return "–"
    if kind == "share":
        return f"{value:.1%}"
    return f"{value:,.0f}" if kind == "money" or abs(value) >= 100 else f"{value:.1f}"


def _half(interval: Mapping[str, Any], kind: str) -> str:
    if interval["low"] is None or interval["high"] is None:
        return "?"
    return _shown((interval["high"] - interval["low"]) / 2, kind)


def _cell(line: Mapping[str, Any], kind: str, first: bool) -> str:
    shown = f"{_shown(line['mean'], kind)} ± {_half(line['interval'], kind)}"
    if first:
        return shown
    difference = f"{'+' if (line['difference'] or 0) >= 0 else ''}{_shown(line['difference'], kind)}"
    return f"{shown}; *{difference} ± {_half(line['difference_interval'], kind)}*"


def _policies(counterfactual: Mapping[str, Any]) -> str:
    table = _lines(counterfactual)
    first = next(iter(table))
    rows = [
        [name, *(_cell(table[policy][measure], kind, policy == first) for policy in table)]
        for measure, name, kind in MEASURES
    ]
    return _table(["", *(f"`{policy}`" for policy in table)], rows)


def _bots(counterfactual: Mapping[str, Any]) -> str:
    table = _lines(counterfactual)
    rows = []
    for name in next(iter(table.values())):
        if name.startswith("loss of "):
            lines = [measures[name] for measures in table.values()]
            cells = [f"{_shown(x['mean'], 'money')} ± {_half(x['interval'], 'money')}" for x in lines]
            rows.append([name.removeprefix("loss of ").removesuffix(", USDT"), *cells])
    return _table(["USDT", *(f"`{policy}`" for policy in table)], rows)


def _makers(makers: Mapping[str, Any]) -> str:
    """Makers locked out against makers who are let through."""
    line = _lines(makers)["privileged"]
    words: dict[str, Any] = {"seeds": makers["seeds"]}
    for word, measure, factor, form in (
        ("depth", "depth within 1 %, USDT a symbol", 1, "+,.0f"),
        ("below", "below the price elsewhere, on average", 100, "+.2f"),
        ("lowest", "lowest price against elsewhere", 100, "+.2f"),
        ("liquidated", "accounts liquidated", 1, "+.1f"),
    ):
        row = line[measure]
        words[word] = format(factor * row["difference"], form)
        ends = (row["difference_interval"][end] for end in ("low", "high"))
        words[f"{word}_span"] = " … ".join(format(factor * value, form) for value in ends)
    return _template("incident-makers").format(**words).strip()


def sensitivity_page(data: Mapping[str, Any], parameters: Mapping[str, Parameter]) -> str:
    """docs/incident-sensitivity.md."""
    found = data["sensitivity"]
    rows = found["rows"]
    base, runs = rows[0], rows[0]["runs"]
    body = []
    for name, parameter in parameters.items():
        mine = [row for row in rows if row["name"] == name]
        cells = [
            f"{_value(row['value'])}: {row['shows']}/{row['runs']} ({row['mean_share']:.0%})" for row in mine
        ]
        body.append(
            [f"`{name}`", _value(parameter.value), parameter.source, "; ".join(cells) or "not changed"]
        )
    minutes = f"{found['duration_s'] / 60:.0f}"
    listed = "\n".join(f"- `{p.name}` = {_value(p.value)}: {p.why} ({p.source})" for p in parameters.values())
    return _template("incident-sensitivity").format(
        runs=runs,
        minutes=minutes,
        shows=base["shows"],
        share=f"{base['mean_share']:.0%}",
        table=_table(["assumption", "as it is", "source", "changed"], body),
        listed=listed,
    )


def _value(value: Any) -> str:
    if isinstance(value, bool | str):
        return str(value)
    return f"{value:,}" if isinstance(value, int) else f"{value:g}"
