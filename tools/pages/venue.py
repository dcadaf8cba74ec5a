"""Writes `docs/venue.md` and `docs/openapi.json`: what the venue can do, and which test shows it.

`make pages` runs it; a test fails when a page is out of date.
"""

from __future__ import annotations

import importlib
import json
import pkgutil
from collections.abc import Iterator

import tests
from mock_exchange.errors import EPOCH_CURRENT, EPOCH_INCIDENT, ErrorSpec, error_table
from mock_exchange.gateway.endpoints import KEY, OPEN, SIGNED
from mock_exchange.wire.openapi import document
from mock_exchange.wire.routes import ROUTES
from tools.pages import DOCS

PAGE = DOCS / "venue.md"
OPENAPI = DOCS / "openapi.json"

STREAMS = (
    ("<symbol>@aggTrade", "100 ms"),
    ("<symbol>@bookTicker", "at once, at most every 10 ms for each 50 consumers"),
    ("<symbol>@depth", "250 ms, `@100ms`, `@500ms`"),
    ("<symbol>@depth<levels>", "5, 10 or 20 levels; as above"),
    ("<symbol>@markPrice", "3 s, `@1s`"),
    ("<symbol>@kline_<interval>", "250 ms"),
    ("<symbol>@forceOrder", "1 s, one per symbol"),
    ("<symbol>@ticker", "1 s"),
    ("<symbol>@miniTicker", "1 s"),
    ("!forceOrder@arr", "1 s"),
    ("!bookTicker", "as `<symbol>@bookTicker`"),
    ("!markPrice@arr", "3 s, `@1s`"),
    ("!ticker@arr", "1 s"),
    ("!miniTicker@arr", "1 s"),
    ("ORDER_TRADE_UPDATE", "user data"),
    ("ACCOUNT_UPDATE", "user data"),
    ("TRADE_LITE", "user data"),
    ("ACCOUNT_CONFIG_UPDATE", "user data"),
    ("MARGIN_CALL", "user data"),
    ("listenKeyExpired", "user data"),
    ("CONDITIONAL_ORDER_TRIGGER_REJECT", "user data, until 2025-12-15"),
    ("SUBSCRIBE", "request"),
    ("UNSUBSCRIBE", "request"),
    ("LIST_SUBSCRIPTIONS", "request"),
    ("SET_PROPERTY", "request"),
    ("GET_PROPERTY", "request"),
)

ABSENT = (
    ("algo orders (`/fapi/v1/algoOrder`, …)", "not yet; in epoch 2026 conditional types answer -4120"),
    (
        "isolated margin (`/fapi/v1/positionMargin`, …)",
        "not yet; `marginType=ISOLATED` is refused with -4084",
    ),
    ("multi-assets mode", "not yet; refused with -4084"),
    ("TRAILING_STOP_MARKET", "not yet; refused with -4084"),
    ("RPI orders", "not yet; refused with -4084"),
    ("auto-deleveraging, `adlQuantile`", "not yet; the insurance fund never runs dry"),
    ("portfolio margin (`/papi/…`)", "not yet"),
    ("the WebSocket order API (`/ws-fapi/v1`)", "not yet"),
    ("index and mark price klines, constituents, open-interest statistics, long/short ratios", "absent: 404"),
    ("convert, transfers, downloads, BNB burn, API trading status", "absent: 404"),
)

NO_CONDITION = {
    -2018: "nothing here moves money between wallets",
    -2020: "the venue documents no condition for it",
    -2024: "a close larger than the position is trimmed or refused with -2022 or -4118",
    -2026: "every type that is taken may be reduce-only",
    -4062: "improper reduceOnly values are answered with -1106, as seen on the wire",
}
"""Codes that matter here without a condition of their own; all can be scripted."""


def proofs() -> dict[str, list[str]]:
    """Tests by what they show: error codes as text, endpoints, streams."""
    found: dict[str, list[str]] = {}
    for module_name in _test_modules():
        module = importlib.import_module(module_name)
        for name, function in sorted(vars(module).items()):
            for mark in getattr(function, "pytestmark", []):
                if mark.name == "proves":
                    for what in mark.args:
                        tests_of = found.setdefault(what, [])
                        label = f"{module_name.removeprefix('tests.')}.{name}"
                        if label not in tests_of:
                            tests_of.append(label)
    return found


def _test_modules() -> Iterator[str]:
    for info in pkgutil.walk_packages(tests.__path__, "tests."):
        if info.name.rpartition(".")[2].startswith("test_"):
            yield info.name


def page() -> str:
    """The whole page."""
    shown = proofs()
    lines = [
        "# What the venue can do",
        "",
        "Made by `make pages` from the routes, the error table and the tests; do not edit. *works*: the",
        "test named beside it shows it over the shipped code. *scripted*: only on demand, by a fault. What",
        "is listed neither as working nor as refused is not there and answers 404 with -1099.",
        "",
        "## Endpoints",
        "",
        "| endpoint | security | status | test |",
        "| --- | --- | --- | --- |",
        *_endpoints(shown),
        "",
        "## Streams",
        "",
        "At `/ws/…` and `/stream?streams=…` in epoch 2025-10-10; at the same below `/public`, `/market`",
        "and `/private` in both epochs. A consumer that leaves more than 1 MiB unread is dropped.",
        "",
        "| stream, event or request | cadence | status | test |",
        "| --- | --- | --- | --- |",
        *(f"| `{name}` | {cadence} | works | {_test(shown, name)} |" for name, cadence in STREAMS),
        "",
        "## Not there",
        "",
        "| what | status |",
        "| --- | --- |",
        *(f"| {what} | {why} |" for what, why in ABSENT),
        "",
        "## Error codes",
        "",
        "| code | name | HTTP | epoch | status | test |",
        "| --- | --- | --- | --- | --- | --- |",
        *_codes(shown),
        "",
    ]
    return "\n".join(lines)


def _endpoints(shown: dict[str, list[str]]) -> Iterator[str]:
    words = {OPEN: "none", KEY: "key", SIGNED: "key and signature"}
    for (method, path), route in ROUTES.items():
        name = f"{method} {path}"
        yield f"| `{name}` | {words[route.security]} | works | {_test(shown, name)} |"


def _codes(shown: dict[str, list[str]]) -> Iterator[str]:
    tables = {epoch: error_table(epoch) for epoch in (EPOCH_INCIDENT, EPOCH_CURRENT)}
    every = {code: spec for table in tables.values() for code, spec in table.items()}
    for code, spec in sorted(every.items(), reverse=True):
        if code in (-2, -503):
            continue
        epochs = [epoch for epoch, table in tables.items() if code in table]
        epoch = "both" if len(epochs) == 2 else epochs[0]
        yield f"| {code} | {_name(spec)} | {spec.http} | {epoch} | {_status(shown, code)} |"


def _name(spec: ErrorSpec) -> str:
    return spec.name.replace("|", "/")


def _status(shown: dict[str, list[str]], code: int) -> str:
    if code in NO_CONDITION:
        return f"scripted: {NO_CONDITION[code]} | {_test(shown, str(code))}"
    if str(code) in shown:
        return f"works | {_test(shown, str(code))}"
    return "scripted | "


def _test(shown: dict[str, list[str]], what: str) -> str:
    names = shown.get(what, [])
    return f"`{names[0]}`" if names else ""


def main() -> None:
    PAGE.write_text(page(), encoding="utf-8")
    OPENAPI.write_text(json.dumps(document(), indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
