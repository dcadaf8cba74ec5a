"""*Gateway*: capacity, what each element receives and rejects, queues, latency, limits, the process itself."""

from __future__ import annotations

from grafana.boards.parts import GREY, RED, Board, Panel, Query

_QUIET = "none in the last ten seconds"


def _latency(name: str, share: float, word: str) -> Query:
    return Query(
        f"histogram_quantile({share}, sum by (le, class) (rate({name}_bucket[10s]))"
        f" and on (class) (sum by (class) (rate({name}_count[10s])) > 0))",
        "{{class}} " + word,
        _QUIET,
    )


GATEWAY = Board(
    "fireexit-gateway",
    "Gateway",
    "What the exchange's gateway does, element by element (close to RTS 7 Art. 13).",
    (
        ("Capacity", (
            Panel("Slots in use", "Attempts that hold a slot of a node, and the slots there are.",
                  (Query("sum(fireexit_exchange_in_flight)", "in use"),
                   Query("sum(fireexit_exchange_slots)", "slots")), width=8, least=0),
            Panel("Busy", "Service time that a station has given out, of one second; slots in use, of all.",
                  (Query("fireexit:station_busy:ratio10s", "{{station}}"),
                   Query("fireexit:slots_used:ratio", "slots")), unit="percentunit", width=8, least=0,
                  steps=((None, GREY), (1.0, RED))),
            Panel("Thresholds of the policy", "What the policy decides by at the moment, where it says so.",
                  (Query("fireexit_exchange_policy_threshold", "{{policy}} {{name}}",
                         "only some policies have thresholds that move"),
                   Query("fireexit_exchange_policy", "{{policy}}")), width=8),
        )),
        ("Messages", (
            Panel("Received", "A second, by element.",
                  (Query("rate(fireexit_exchange_messages_received_total[10s])", "{{element}}"),),
                  unit="reqps", width=8, least=0),
            Panel("Sent", "Passed on by the gateway to the engine, and acceptances of the engine.",
                  (Query("rate(fireexit_exchange_messages_sent_total[10s])", "{{element}}"),),
                  unit="reqps", width=8, least=0),
            Panel("Rejected", "A second, by element.",
                  (Query("rate(fireexit_exchange_messages_rejected_total[10s])", "{{element}}"),),
                  unit="reqps", width=8, least=0),
            Panel("Where requests end", "A second, by stage and class.",
                  (Query("sum by (stage, class) (rate(fireexit_exchange_outcomes_total[10s])) > 0",
                         "{{stage}} {{class}}"),), kind="bars", unit="reqps"),
            Panel("Refusals by code", "A second, all classes.",
                  (Query('sum by (code, outcome) (rate(fireexit_exchange_outcomes_total{code!="0"}[10s])) > 0',
                         "{{code}} {{outcome}}", _QUIET),), kind="bars", unit="reqps"),
        )),
        ("Queues and latency", (
            Panel("Waiting", "Attempts in the queue of a station, by class.",
                  (Query("sum by (station, class) (fireexit_exchange_queue_depth)", "{{station}} {{class}}"),), least=0),
            Panel("Age of the oldest", "How long the first of them has waited.",
                  (Query("max by (station, class) (fireexit_exchange_queue_oldest_seconds)",
                         "{{station}} {{class}}"),), unit="s", least=0),
            Panel("Gateway to engine", "From admission to the start of service.",
                  (_latency("fireexit_exchange_gateway_to_engine_seconds", 0.5, "half"),
                   _latency("fireexit_exchange_gateway_to_engine_seconds", 0.99, "99 %")), unit="s", least=0),
            Panel("In the gateway", "From admission to the answer.",
                  (_latency("fireexit_exchange_gateway_seconds", 0.5, "half"),
                   _latency("fireexit_exchange_gateway_seconds", 0.99, "99 %")), unit="s", least=0),
        )),
        ("Limits and health", (
            Panel("Refused by a rate limit", "A second; weight by address, orders by account.",
                  (Query("rate(fireexit_exchange_rate_limited_total[10s])", "{{limit}}"),),
                  unit="reqps", width=6, least=0),
            Panel("Bans", "Addresses that are banned now.",
                  (Query("fireexit_exchange_banned_addresses", "addresses"),), width=6, least=0),
            Panel("Limits in force", "As exchangeInfo states them.",
                  (Query("fireexit_exchange_limit", "{{limit}}"),), kind="table", width=6),
            Panel("The process", "Event-loop lag since the run began; late slots would make a run invalid.",
                  (Query("fireexit_exchange_loop_lag_seconds", "lag {{rank}}"),
                   Query("fireexit_exchange_processor_ratio", "processor {{state}}")), width=6, least=0),
            Panel("Streams", "Open connections, and consumers dropped for reading too slowly.",
                  (Query("fireexit_exchange_stream_consumers", "open"),
                   Query("fireexit_exchange_stream_consumers_dropped_total", "dropped")), width=24, height=5, least=0),
        )),
    ),
)  # fmt: skip
