"""Rows of a journal that its venue can be started again from: what no command of the engine tells.

They are written where `serve` keeps a journal, and by no other exchange. Each says how something stands from
then on, so that only the last row of its kind and name counts.
"""

from __future__ import annotations

from run_records.lines import Row


class BeganRow(Row, frozen=True, tag="began"):
    """The venue whose rows begin here is the one of this name in the state file beside the journal."""

    name: str


class AdmittedRow(Row, frozen=True, tag="admitted"):
    """An attempt holds a slot. An `outcome` of the same key and leg ends it, or a `lost`."""

    key: str | int
    leg: int
    account: str


class LostRow(Row, frozen=True, tag="lost"):
    """The venue's process ended before this admitted attempt was answered; its client cannot know what became
    of it. `order_id` is the order that it had made by then, 0 for none."""

    key: str | int
    leg: int
    account: str
    order_id: int


class AddressRow(Row, frozen=True, tag="address"):
    """What a source address has used of its request weight in a minute (`window`, since 1970), how often it
    was refused in it, and its bans."""

    ip: str
    window: int
    used: int
    refusals: int
    bans: int
    banned_until_ms: int


class OrderCountRow(Row, frozen=True, tag="order_count"):
    """What an account has used of its order limits, in windows of ten seconds and of a minute since 1970."""

    account: str
    ten: int
    ten_used: int
    minute: int
    minute_used: int


class ListenKeyRow(Row, frozen=True, tag="listen_key"):
    """An account has the venue's `issued`-th listen key until then; 0 has ended it. The key itself follows
    from the venue's seed, and is not written."""

    account: str
    issued: int
    until_ms: int


class CountdownRow(Row, frozen=True, tag="countdown"):
    """All orders of the account in the symbol are canceled at the instant `due`; 0: not any more."""

    account: str
    symbol: str
    due: int


class ConditionsRow(Row, frozen=True, tag="conditions"):
    """The venue is as this `[venue]` table of a plan says, a JSON text."""

    venue: str


class PolicyRow(Row, frozen=True, tag="policy"):
    """Another policy admits from now on. Its parameters are a JSON text."""

    name: str
    parameters: str


class ResumedRow(Row, frozen=True, tag="resumed"):
    """The process of the venue had ended, and another one goes on. `cut_bytes` of a torn last row are gone,
    `lost` rows follow for whoever had no answer yet, and the policy begins afresh. `state` is the hash of
    balances, positions and resting orders that it goes on with: that of a replay of the rows before."""

    epoch_ms: int
    state: str
    cut_bytes: int
    lost: int
    policy: str


StandingRow = (
    BeganRow
    | AdmittedRow
    | LostRow
    | AddressRow
    | OrderCountRow
    | ListenKeyRow
    | CountdownRow
    | ConditionsRow
    | PolicyRow
    | ResumedRow
)
