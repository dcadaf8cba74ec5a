"""*Market and positions*: what a shut gateway does to prices and to those who hold positions."""

from __future__ import annotations

from grafana.boards.parts import Board, Panel, Query

_OF = '{symbol=~"$symbol"}'
_UNWATCHED = "only scenarios with accounts under watch have them"

MARKET = Board(
    "fireexit-market",
    "Market and positions",
    "Prices here and elsewhere, depth, liquidations, and positions that want to be smaller.",
    (
        ("Prices", (
            Panel("Mark", "USDT.", (Query(f"fireexit_exchange_mark_price{_OF}", "{{symbol}}"),)),
            Panel("Price here against elsewhere",
                  "The last price paid against the index; a book that nobody can tend falls below.",
                  (Query(f"fireexit_exchange_deviation_ratio{_OF}", "{{symbol}}"),), unit="percentunit"),
            Panel("Index", "Price elsewhere, USDT.",
                  (Query(f"fireexit_exchange_index_price{_OF}", "{{symbol}}"),), width=8),
            Panel("Last", "Price of the last trade, USDT.",
                  (Query(f"fireexit_exchange_last_price{_OF}", "{{symbol}}"),), width=8),
            Panel("Depth within 1 %", "USDT that rest within one per cent of the index.",
                  (Query(f"sum by (symbol, side) (fireexit_exchange_depth_usdt{_OF})", "{{symbol}} {{side}}"),),
                  unit="currencyUSD", width=8, least=0),
        )),
        ("Positions", (
            Panel("Open interest", "Sum of all long positions, contracts.",
                  (Query(f"fireexit_exchange_open_interest{_OF}", "{{symbol}}"),), least=0),
            Panel("Orders of liquidations", "Forced on accounts below maintenance margin, a second.",
                  (Query(f"rate(fireexit_exchange_liquidation_orders_total{_OF}[10s])", "{{symbol}}",
                         "nobody was liquidated"),), least=0),
            Panel("Positions under watch", "Contracts, by account.",
                  (Query(f"fireexit_exchange_position{_OF}", "{{account}} {{symbol}} {{side}}", _UNWATCHED),)),
            Panel("Equity under watch", "Wallet and unrealised profit, USDT.",
                  (Query("fireexit_exchange_equity_usdt", "{{account}}", _UNWATCHED),), unit="currencyUSD"),
        )),
    ),
    by_symbol=True,
)  # fmt: skip
