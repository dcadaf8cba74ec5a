"""What happens to an account whose margin balance no longer covers its maintenance margin.

On a mark price: all its open orders are cancelled; LIMIT IOC orders at the bankruptcy price reduce its
positions, largest maintenance margin first, until the rest is covered again. While this lasts its
orders are refused (-2023). At the next sample of the mark (model: the venue publishes no duration) what
is still not covered is taken over by the insurance fund at the bankruptcy price, and a negative wallet
is set back to zero at the fund's expense. Liquidated notional pays the symbol's liquidation fee to
the fund, as far as the margin balance goes. Positions are cross-margined.

Source: the venue's public liquidation protocol; prices and maintenance margins by its formulae.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Final

from mypy_extensions import mypyc_attr

from mock_exchange.engine.accounts import Account, Leg, Order, Trade
from mock_exchange.engine.market import Market
from mock_exchange.engine.matching import Matcher
from mock_exchange.engine.requests import EXPIRED, IOC_REMAINDER, LIQUIDATED, NEW, OrderRequest
from mock_exchange.engine.symbols import RATIO_UNIT

FORCED_PREFIX: Final = "autoclose-"
MARGIN_CALL_RATIO: Final = 800_000
"""Maintenance margin over margin balance, in millionths, from which a margin call is sent (model)."""
_FARTHEST: Final = RATIO_UNIT // 4
"""No account is left unseen while prices move by more than a quarter."""


def bankruptcy_price(leg: Leg, several: bool = False) -> int:
    """The price at which closing this leg leaves a margin balance of zero, all others at mark; in whole
    ticks, rounded in the account's favour. Of `several` positions that are under water together each is
    worth its mark (model): none may be paid for the losses of another."""
    symbol = leg.symbol
    balance = leg.account.margin_balance()
    value = leg.notional() if several and balance < 0 else leg.cost - (balance - leg.unrealized())
    unit = leg.amount * symbol.money_factor * symbol.tick
    ticks = -(-value // unit) if leg.amount > 0 else value // unit
    return min(max(ticks * symbol.tick, symbol.tick), symbol.max_price)


def liquidation_price(leg: Leg) -> int:
    """The mark price at which the account is liquidated, all other symbols' marks unchanged; 0 if there is
    none. Both legs of a symbol in hedge mode have the same one.

    LP = (WB + UPNL_other − TMM_other + Σcum − Σside·q·entry) / (Σq·mmr − Σside·q), sums over its legs
    """
    if not leg.amount or leg.account.unlimited:
        return 0
    account, symbol = leg.account, leg.symbol
    rest = account.margin_balance() - account.maintenance_margin()
    denominator = cumulated = 0
    for own in account.legs.values():
        if own.symbol is symbol and own.amount:
            bracket = symbol.bracket_for(abs(own.notional()))
            rest -= own.notional() - own.maintenance_margin()
            cumulated += bracket.cum
            denominator += abs(own.amount) * bracket.mmr - own.amount * RATIO_UNIT
    if denominator == 0:
        return 0
    return max(0, (rest + cumulated) * RATIO_UNIT // (denominator * symbol.money_factor))


@mypyc_attr(allow_interpreted_subclasses=True)  # see recovery.bookmark
class Liquidator:
    """Watches accounts at each sample of the mark."""

    def __init__(
        self, matcher: Matcher, fund: Account, markets: Sequence[Market], next_order_id: Callable[[], int]
    ) -> None:
        self._matcher = matcher
        self._fund = fund
        self._markets = markets
        self._next_order_id = next_order_id
        self._under_way: dict[Account, bool] = {}
        """Accounts being liquidated; whether they had several positions when that began."""
        self._marks: dict[Market, int] = {}
        self._moved = 1

    def check(self, markets: Iterable[Market]) -> list[Order]:
        """Finish what the last sample began, then begin anew where it is due. Returns forced orders."""
        forced: list[Order] = []
        for account in list(self._under_way):
            self._finish(account, forced)
        self._clear_overdrawn()
        self._moved += self._farthest_move(markets)
        seen: dict[Account, None] = {}
        for market in markets:
            for leg in market.holders:
                seen[leg.account] = None
        for account in seen:
            if not (account.unlimited or account.in_liquidation or self._is_safe(account)):
                self._check(account, forced)
        return forced

    def _farthest_move(self, markets: Iterable[Market]) -> int:
        """The largest relative move of any mark since the last sample, in millionths, rounded up."""
        farthest = 0
        for market in markets:
            mark = market.mark
            before = self._marks.get(market, mark)
            if mark != before:
                farthest = max(farthest, abs(mark - before) * RATIO_UNIT // before + 1)
            self._marks[market] = mark
        return farthest

    def _is_safe(self, account: Account) -> bool:
        """Whether no margin call can be due, judged by what was known when the account was last looked at: it
        had `spare` to lose before one. A relative move x changes balance and maintenance margin together by
        at most 1.625 x of the notional (rates end at 50 %), moves that add up to a quarter compound to at
        most 1.14 times their sum; a trade costs no more than its worth at mark or at its price, with fee and
        margin 1.63 times that. Two covers each."""
        moved = self._moved - account.seen_at
        exposed = account.gross + account.traded
        return moved <= _FARTHEST and 2 * (exposed * moved // RATIO_UNIT + account.traded) < account.spare

    def _look_closely(self, account: Account, balance: int, maintenance: int) -> None:
        account.spare = balance - maintenance * RATIO_UNIT // MARGIN_CALL_RATIO
        account.gross = sum(abs(leg.notional()) for leg in account.legs.values())
        account.seen_at = self._moved
        account.traded = 0

    def _clear_overdrawn(self) -> None:
        """Debts of accounts that closed their positions themselves are the fund's, too."""
        for account in self._matcher.overdrawn:
            if account.wallet < 0 and account.is_flat():
                self._pay(account, "", -account.wallet)
        self._matcher.overdrawn.clear()

    def _check(self, account: Account, forced: list[Order]) -> None:
        balance, maintenance = account.margin_balance(), account.maintenance_margin()
        if balance < maintenance:
            self._begin(account, forced)
        elif maintenance * RATIO_UNIT >= balance * MARGIN_CALL_RATIO:
            if not account.warned and self._matcher.observer is not None:
                self._matcher.observer.margin_call(account)
            account.warned = True
        else:
            account.warned = False
            self._look_closely(account, balance, maintenance)

    def _begin(self, account: Account, forced: list[Order]) -> None:
        account.in_liquidation = True
        several = self._under_way[account] = sum(leg.amount != 0 for leg in account.legs.values()) > 1
        for order in list(account.orders.values()):
            self._matcher.expire(order, self._markets[order.symbol.index], LIQUIDATED)
        # The most demanding position first, and no more than is needed.
        for leg in _by_maintenance(account):
            if account.margin_balance() >= account.maintenance_margin():
                return
            forced.append(self._close_in_market(leg, several))

    def _finish(self, account: Account, forced: list[Order]) -> None:
        several = self._under_way.pop(account)
        for leg in _by_maintenance(account):
            if account.margin_balance() >= account.maintenance_margin():
                break
            forced.append(self._take_over(leg, several))
        if account.wallet < 0 and account.is_flat():
            self._pay(account, "", -account.wallet)
        account.in_liquidation = account.warned = False

    def _close_in_market(self, leg: Leg, several: bool) -> Order:
        market = self._markets[leg.symbol.index]
        order = self._forced_order(leg, leg.account, bankruptcy_price(leg, several))
        order.status = NEW
        self._event(order, NEW)
        self._matcher.match(order, market, order.price)
        self._charge(leg, order.quote)
        if order.remaining:
            order.status, order.expiry = EXPIRED, IOC_REMAINDER
            self._event(order, EXPIRED)
        return order

    def _take_over(self, leg: Leg, several: bool) -> Order:
        """The fund becomes the counterparty, off the book: on nobody's tape."""
        market, matcher = self._markets[leg.symbol.index], self._matcher
        order = self._forced_order(leg, leg.account, bankruptcy_price(leg, several))
        quantity = order.quantity
        fund_leg = self._fund.keep_leg(self._fund.leg_on(market, "BOTH"))
        # The fund needs an order, too: a trade has two, and both sides are settled alike.
        counter = self._forced_order(fund_leg, self._fund, order.price, -order.side, quantity)
        trade = Trade(matcher.next_trade_id, order.price, quantity, order, counter)
        matcher.next_trade_id += 1
        matcher.trades.append(trade)
        self._event(order, NEW)
        matcher.settle(trade, market, market.symbol.notional(order.price, quantity), 0, 0)
        if matcher.observer is not None:
            matcher.observer.trade_event(trade)
        return order

    def _forced_order(
        self, leg: Leg, account: Account, price: int, side: int = 0, quantity: int = 0
    ) -> Order:
        order_id = self._next_order_id()
        request = OrderRequest(
            leg.symbol,
            side or (-1 if leg.amount > 0 else 1),
            "LIMIT",
            "IOC",
            quantity or abs(leg.amount),
            price,
            False,
            leg.side,
            f"{FORCED_PREFIX}{self._matcher.now_ms}{order_id:06d}",
        )
        order = Order(order_id, request, account, leg, False, self._matcher.now_ms)
        order.forced = True
        account.add_order(order)
        self._matcher.ended.append(order)
        return order

    def _charge(self, leg: Leg, notional: int) -> None:
        fee = -(-notional * leg.symbol.liquidation_fee // RATIO_UNIT)
        # The fee takes what is left and makes nobody a debtor.
        fee = max(0, min(fee, leg.account.margin_balance()))
        self._pay(leg.account, leg.symbol.name, -fee)

    def _pay(self, account: Account, symbol: str, amount: int) -> None:
        """INSURANCE_CLEAR between an account and the fund."""
        if amount:
            now = self._matcher.now_ms
            account.receive("INSURANCE_CLEAR", symbol, amount, now)
            self._fund.receive("INSURANCE_CLEAR", symbol, -amount, now)
            if self._matcher.observer is not None:
                self._matcher.observer.account_event(account, [], "INSURANCE_CLEAR")

    def _event(self, order: Order, execution: str) -> None:
        if self._matcher.observer is not None:
            self._matcher.observer.order_event(order, execution)


def _by_maintenance(account: Account) -> list[Leg]:
    legs = [leg for leg in account.legs.values() if leg.amount]
    return sorted(legs, key=lambda leg: -leg.maintenance_margin())
