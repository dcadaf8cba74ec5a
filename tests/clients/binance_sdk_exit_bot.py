"""The same exit bot on the venue's own SDK, which throws the body of a 503 away: refused by -1008 and of
unknown fate look the same, and it takes both for what the documents say of -1008, failed. Arguments: url,
key, secret, seconds."""

from __future__ import annotations

import sys
import time
from typing import Any

from binance_common.configuration import ConfigurationRestAPI
from binance_sdk_derivatives_trading_usds_futures.derivatives_trading_usds_futures import (
    DerivativesTradingUsdsFutures,
)

SYMBOL = "DOGEUSDT"


def mark_of(rest: Any) -> Any:
    return float(rest.mark_price(SYMBOL).data().actual_instance.mark_price)


def main() -> None:
    url, key, secret, seconds = sys.argv[1:]
    rest = DerivativesTradingUsdsFutures(
        config_rest_api=ConfigurationRestAPI(key, secret, base_path=url)
    ).rest_api
    end = time.monotonic() + float(seconds)
    first = mark_of(rest)
    while mark_of(rest) > 0.985 * first:  # the risk system's trigger
        time.sleep(0.2)
    while time.monotonic() < end:
        try:
            rows = rest.position_information_v3(SYMBOL).data()
            amount = sum(float(row.position_amt) for row in rows)
            if amount <= 0:
                return
            order = rest.new_order(
                SYMBOL,
                "SELL",
                "LIMIT",
                quantity=amount,
                price=round(mark_of(rest) * 0.9985, 5),
                time_in_force="GTC",
                reduce_only="true",
            ).data()
            time.sleep(0.5)
            rest.cancel_order(SYMBOL, order_id=order.order_id)
        except Exception as error:
            print(f"{type(error).__name__}: {error}", file=sys.stderr)
            time.sleep(0.5)


main()
