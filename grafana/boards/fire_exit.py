"""*Fire exit*: one row that is read in three seconds, then why."""

from __future__ import annotations

from grafana.boards.parts import GREEN, GREY, ORANGE, RED, Board, Panel, Query

OPEN_CLOSING_SHUT = (
    (0.0, 0.4999999, "SHUT", RED),
    (0.5, 0.9899999, "CLOSING", ORANGE),
    (0.99, 1.0, "OPEN", GREEN),
)
_ACCEPTED = 'fireexit:accepted:ratio10s{{class="reducing", vantage="{}"}}'


def _exit(vantage: str) -> Panel:
    return Panel(
        f"Fire exit, seen by the {vantage}",
        "Share of orders that claim to reduce a position and were accepted, of those the venue had to accept, over the "
        "last ten seconds: open from 99 %, shut below 50 %.",
        (Query(_ACCEPTED.format(vantage)),),
        kind="stat", unit="percentunit", width=6, height=5, words=OPEN_CLOSING_SHUT,
        steps=((None, RED), (0.5, ORANGE), (0.99, GREEN)),
    )  # fmt: skip


FIRE_EXIT = Board(
    "fireexit",
    "Fire exit",
    "Under overload, do risk-reducing orders still get through? Live, from both sides of the gateway.",
    (
        ("", (
            _exit("gateway"),
            _exit("client"),
            Panel("Priority gap",
                  "Acceptance of reducing orders less that of openings, in points of one; below zero priority is "
                  "inverted.",
                  (Query('fireexit:priority_gap:ratio10s{vantage="client"}'),),
                  kind="stat", unit="percentunit", width=4, height=5, decimals=0,
                  steps=((None, RED), (-0.01, ORANGE), (0.01, GREEN))),
            Panel("Found no way out",
                  "Positions whose latest order to reduce was not accepted, as the gateway knows.",
                  (Query("fireexit_exchange_reduce_intents_outstanding"),),
                  kind="stat", width=4, height=5, steps=((None, GREEN), (1, ORANGE), (10, RED))),
            Panel("Shut, of the last 5 min",
                  "Seconds in which fewer than half of the reducing orders were accepted.",
                  (Query('fireexit:exit_shut_seconds:sum5m{vantage="client"}'),),
                  kind="stat", unit="s", width=4, height=5, steps=((None, GREEN), (1, ORANGE), (10, RED))),
        )),
        ("Why", (
            Panel("Accepted, seen by clients", "By class; unknown fates and timeouts count against the venue.",
                  (Query('fireexit:accepted:ratio10s{vantage="client"}', "{{class}}"),),
                  unit="percentunit", least=0, most=1, steps=((None, GREY), (0.5, RED), (0.99, GREEN))),
            Panel("Accepted, seen by the gateway", "By class; a client that has given up is not seen here.",
                  (Query('fireexit:accepted:ratio10s{vantage="gateway"}', "{{class}}"),),
                  unit="percentunit", least=0, most=1, steps=((None, GREY), (0.5, RED), (0.99, GREEN))),
            Panel("What reducing orders are told", "Answers a second by code, as clients see them; 0 is accepted.",
                  (Query('sum by (code, outcome) (rate(fireexit_loader_attempts_total{class="reducing"}[10s]))',
                         "{{code}} {{outcome}}"),),
                  kind="bars", unit="reqps"),
            Panel("-1008 on reducing orders", "The refusal that the venue documents they are exempt from.",
                  (Query('sum(rate(fireexit_exchange_outcomes_total{class="reducing", code="-1008"}[10s]))',
                         "a second", "an exit that is open has none"),),
                  unit="reqps", least=0),
            Panel("Who wants out", "Decisions to reduce that wait: told by clients, and by the gateway (positions whose "
                  "latest order to reduce was not accepted).",
                  (Query("fireexit_loader_intents_outstanding", "intents, clients"),
                   Query("fireexit_exchange_reduce_intents_outstanding", "positions, gateway")), least=0),
            Panel("For how long", "Age of the oldest of them.",
                  (Query("fireexit_loader_intent_oldest_seconds", "intent, clients"),
                   Query("fireexit_exchange_reduce_intent_oldest_seconds", "position, gateway")), unit="s", least=0),
            Panel("Time to flat", "From a decision to the answer that completes it, of those served in the last 10 s.",
                  tuple(Query(f"histogram_quantile({share}, sum by (le) "
                              f"(rate(fireexit_loader_time_to_flat_seconds_bucket[10s])))", name,
                              "nobody was served in the last ten seconds")
                        for share, name in ((0.5, "half"), (0.99, "99 %"))), unit="s", least=0),
            Panel("Alerts", "Those that fire; each has a page in docs/runbooks.",
                  (Query('ALERTS{alertname=~"ReduceOnlyPriorityInverted|FireExitShut|ReducingOrdersThrottled|'
                         'GeneratorMissingItsRate|VantagesDisagree", alertstate="firing"}', "{{alertname}} {{vantage}}",
                         "nothing is wrong"),),
                  kind="bars"),
        )),
    ),
)  # fmt: skip
