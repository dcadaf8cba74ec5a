"""`make bench`: every ratio against its baseline, measured in the same run, interleaved, on pinned
processors; plain Python and a compiled copy in turn. `python -m benchmarks a d` runs a choice.

What is found is printed, and written down in history.jsonl.
"""

from __future__ import annotations

import statistics
import sys
from collections.abc import Callable, Sequence
from functools import partial
from itertools import pairwise
from pathlib import Path

from benchmarks import books, engine, history, incident, pairs, policies, start, streams, trees, watching
from benchmarks.history import COMPILED, PURE
from benchmarks.loader import fast_http, open_loop
from benchmarks.processes import REPEATS, Rate, interleaved, quotients, server_rate
from benchmarks.simulation import bare_loop
from benchmarks.targets import TARGETS

_CLIENT = "benchmarks.order_client"
_SECONDS = "3"
_EXPECTED = {"accept": "200", "shed": "503"}


def plain_handler() -> Rate:
    """The baseline of (a) and (b)."""
    return server_rate(("benchmarks.plain_server",), _CLIENT, _SECONDS, "200")


def exchange(kind: str, tree: Path = history.ROOT) -> Rate:
    """Orders that are accepted, or shed, by the exchange of a checkout."""
    server = ("benchmarks.exchange_server", kind)
    return server_rate(server, _CLIENT, _SECONDS, _EXPECTED[kind], tree=tree)


def _in_tree(letter: str, tree: Path) -> Rate:
    rate = pairs.rate(tree, letter)
    return Rate(rate, rate)


def _bare() -> Rate:
    rate = bare_loop()
    return Rate(rate, rate)


def _public_book() -> Rate:
    (rate, theirs), (_, ours) = books.public_book(), books.engine()
    if theirs != ours:
        raise RuntimeError(f"the engine traded {ours}, the public book {theirs}")
    return Rate(rate, rate)


def _note(letter: str, core: str, found: Sequence[Rate], baseline: Sequence[Rate], than: str) -> None:
    rates = {
        core: statistics.median(rate.cpu for rate in found),
        than: statistics.median(rate.cpu for rate in baseline),
    }
    entry = history.append(letter, core, quotients(found, baseline), rates)
    print(
        f"({letter}) {core:<9} {entry.ratio:.3f}   ({entry.least:.3f} … {entry.greatest:.3f})"
        f"   target {TARGETS[letter].words(entry)}",
        flush=True,
    )


def _ladder(wanted: set[str]) -> None:
    """(a) to (d), (h) and (j), with both cores in turn."""
    cores = {PURE: trees.plain(), COMPILED: trees.compiled()}
    both: list[tuple[str, str, Callable[[], Rate], dict[str, Callable[[Path], Rate]]]] = [
        (
            "ab",
            "plain handler",
            plain_handler,
            {"a": partial(exchange, "accept"), "b": partial(exchange, "shed")},
        ),
        ("c", "FastHttpUser", fast_http, {"c": partial(open_loop, 9_000)}),
        ("d", "bare loop", _bare, {"d": partial(_in_tree, "d")}),
        ("j", "public book", _public_book, {"j": partial(_in_tree, "j")}),
    ]
    for letters, than, baseline, by_letter in both:
        chosen = [letter for letter in letters if letter in wanted]
        if not chosen:
            continue
        measures: dict[str, Callable[[], Rate]] = {than: baseline}
        for letter in chosen:
            for core, tree in cores.items():
                measures[letter + core] = partial(by_letter[letter], tree)
        found = interleaved(measures)
        for letter in chosen:
            print(f"({letter}) {TARGETS[letter].what}, {REPEATS} repeats")
            for core in cores:
                _note(letter, core, found[letter + core], found[than], than)
    if "h" in wanted:
        print(f"(h) {TARGETS['h'].what}, {REPEATS} repeats")
        runs = interleaved({core: partial(_in_tree, "h", tree) for core, tree in cores.items()})
        _note("h", COMPILED, runs[COMPILED], runs[PURE], PURE)


def main(letters: list[str]) -> None:
    wanted = set(letters) or set("abcdefghijl")
    trees.plain()
    if wanted & set("abcdhj"):
        _ladder(wanted)
    if "f" in wanted:
        print(f"(f) {TARGETS['f'].what}, {REPEATS} repeats")
        found = interleaved({"with": partial(streams.rate, True), "without": partial(streams.rate, False)})
        _note("f", PURE, found["with"], found["without"], "without")
    if "e" in wanted:
        _growth()
    if "g" in wanted:
        _policies()
    if "h" in wanted:
        incident.report({PURE: trees.plain(), COMPILED: trees.compiled()})
    if "l" in wanted:
        print(f"(l) {TARGETS['l'].what}, {REPEATS} repeats")
        commands = {"help": start.HELP, "libraries": start.LIBRARIES}
        found = interleaved({name: partial(start.rate, command) for name, command in commands.items()})
        _note("l", PURE, found["libraries"], found["help"], "help")
    if "i" in wanted:
        watching.report()


def _growth() -> None:
    """(e): the engine's cost of an order at each size over that at the size before."""
    print(f"(e) engine alone: cost of an order as resting orders and accounts grow, {REPEATS} repeats")
    grown = {size: engine.populated(size) for size in engine.SIZES}
    costs: dict[int, list[float]] = {size: [] for size in engine.SIZES}
    for repeat in range(REPEATS):
        for size, (market, accounts) in grown.items():
            costs[size].append(engine.cost_per_order(market, accounts, repeat))
    for before, size in pairwise(engine.SIZES):
        ratios = [b / a for a, b in zip(costs[before], costs[size], strict=True)]
        rates = {f"{n:,}": 1 / statistics.median(costs[n]) for n in (before, size)}
        entry = history.append("e", PURE, ratios, rates, f"{before:,} to {size:,}")
        cost = statistics.median(costs[size]) * 1e6
        print(f"    {before:>9,} to {size:>9,}: {cost:5.1f} µs an order, ratio {entry.ratio:.2f}", end="")
        print(f"   ({entry.least:.2f} … {entry.greatest:.2f})   target {TARGETS['e'].words(entry)}")


def _policies() -> None:
    """(g): what each policy's decision costs, as a multiple of the plainest one's."""
    print(f"(g) decision of a policy / of undifferentiated, {REPEATS} repeats")
    for name, ratios in policies.costs(REPEATS).items():
        entry = history.append("g", PURE, ratios, what=name)
        spread = f"({entry.least:.2f} … {entry.greatest:.2f})"
        print(f"    {name:<18} {entry.ratio:5.2f}   {spread:<16} target {TARGETS['g'].words(entry)}")


if __name__ == "__main__":
    main(sys.argv[1:])
