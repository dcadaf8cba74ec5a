"""*Loader*: does the generator keep its schedule, and what do its clients see."""

from __future__ import annotations

from grafana.boards.parts import GREEN, GREY, ORANGE, RED, Board, Panel, Query

_QUIET = "nothing was answered in the last ten seconds"

LOADER = Board(
    "fireexit-loader",
    "Loader",
    "Whether the load generator keeps its schedule, summed over workers, and what its clients see.",
    (
        ("", (
            Panel("Run", "What is run; also a link to its records by name.",
                  (Query("fireexit_loader_run_info"),), kind="table", width=12, height=4),
            Panel("Missed", "Requests that were due and not sent. One in a thousand makes a run invalid.",
                  (Query("fireexit_loader_missed_total"),), kind="stat", width=4, height=4,
                  steps=((None, GREEN), (1, RED))),
            Panel("Workers reporting", "Of those expected.",
                  (Query('fireexit_loader_workers{state="reporting"} / ignoring (state) '
                         'fireexit_loader_workers{state="expected"}'),),
                  kind="stat", unit="percentunit", width=4, height=4, steps=((None, RED), (1, GREEN))),
            Panel("Faults", "Known reasons to distrust this run.",
                  (Query("fireexit_loader_faults"),), kind="stat", width=4, height=4,
                  steps=((None, GREEN), (1, RED))),
        )),
        ("Schedule", (
            Panel("Offered, sent, intended", "A second. Intended is what the scenario's clocks ask for; bots come on top.",
                  (Query("sum(rate(fireexit_loader_offered_total[10s]))", "offered"),
                   Query("rate(fireexit_loader_sent_total[10s])", "sent"),
                   Query("fireexit_loader_intended_per_second", "intended")), unit="reqps", least=0),
            Panel("Lateness", "From the instant a request was due until it left; from 0.1 s a run is invalid.",
                  tuple(Query(f"histogram_quantile({share}, sum by (le) "
                              f"(rate(fireexit_loader_lateness_seconds_bucket[10s])))", name, _QUIET)
                        for share, name in ((0.5, "half"), (0.99, "99 %"))),
                  unit="s", least=0, steps=((None, GREY), (0.1, RED))),
        )),
        ("What clients see", (
            Panel("Outcomes", "A second, by class and outcome.",
                  (Query("sum by (class, outcome) (rate(fireexit_loader_attempts_total[10s]))",
                         "{{class}} {{outcome}}"),), kind="bars", unit="reqps"),
            Panel("Answered within", "From the instant an attempt was due, 99 % of answers by class.",
                  (Query("histogram_quantile(0.99, sum by (le, class) "
                         "(rate(fireexit_loader_answer_seconds_bucket[10s])) and on (class) "
                         "(sum by (class) (rate(fireexit_loader_answer_seconds_count[10s])) > 0))", "{{class}}", _QUIET),),
                  unit="s", least=0),
            Panel("Intents to reduce", "Since the run began.",
                  (Query("fireexit_loader_intents_total", "{{event}}"),), least=0),
            Panel("Outstanding", "Not served yet.",
                  (Query("fireexit_loader_intents_outstanding", "intents"),), least=0,
                  steps=((None, GREY), (50, ORANGE))),
        )),
    ),
)  # fmt: skip
