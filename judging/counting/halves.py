"""How accounts fared in two halves of a run that nobody can tell apart before it is over.

Who fares worst is chosen on one half and measured on the other. A gateway that knew which second belongs to
which half could favour other accounts in each, and no gap would be seen. The halves are therefore drawn from
how the run went: from the counts of all its moments, which nobody knows before the last one.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from typing import NamedTuple

from judging.counting.batches import Parts
from judging.counting.sample import Pair, Sample, count_one, merge
from judging.reading.ended import Collector, Ended, Whole
from judging.reading.kinds import ACCEPTED, OWED
from run_records.clients import AttemptRow
from run_records.terms import Terms
from run_records.units import NS_PER_S
from run_records.words import OPENING

MOST_SPELLS = 120
"""Equal lengths of time that a run is cut into, of a second each or more."""


class Spell(NamedTuple):
    """Attempts, (accepted, all that the venue had to accept): exits by account, openings by account, and
    openings by symbol, side and size."""

    exits: dict[str, Pair]
    openers: dict[str, Pair]
    markets: dict[str, Pair]


class Halves(Collector):
    """Deals the spells of a run out to its two halves."""

    def __init__(self, terms: Terms, parts: Parts) -> None:
        self._feigning = terms.feigning
        self._parts = parts
        self._spell_ns = max(NS_PER_S, -(-terms.duration_ns // MOST_SPELLS))
        self._spells: dict[tuple[int, int], Spell] = {}
        self._whole: Whole | None = None

    def begin(self, whole: Whole) -> None:
        self._whole = whole

    def count(self, ended: Ended) -> None:
        row = ended.row
        if ended.kind not in OWED:
            return
        place = (self._parts.of(row.intended), max(0, row.intended) // self._spell_ns)
        spell = self._spells.setdefault(place, Spell({}, {}, {}))
        if row.klass is OPENING and (ended.truly or row.trader not in self._feigning):
            count_one(spell.openers, row.account, part=ended.kind is ACCEPTED)
            count_one(spell.markets, self._market(row), part=ended.kind is ACCEPTED)
        if ended.exiting:
            count_one(spell.exits, row.account, part=ended.kind is ACCEPTED)

    def fill(self, samples: Sequence[Sample]) -> None:
        """Every second spell belongs to the half, in the order of their digests."""
        places = sorted(self._spells)
        text = json.dumps([(place, self._spells[place]) for place in places], sort_keys=True)
        whole = hashlib.sha256(text.encode())

        def drawn(place: tuple[int, int]) -> bytes:
            digest = whole.copy()
            digest.update(str(place).encode())
            return digest.digest()

        for part, number in places:
            merge(samples[part].markets, self._spells[part, number].markets)
        for part, number in sorted(places, key=drawn)[::2]:
            spell = self._spells[part, number]
            merge(samples[part].half_exits, spell.exits)
            merge(samples[part].half_openers, spell.openers)
            merge(samples[part].half_markets, spell.markets)

    def _market(self, row: AttemptRow) -> str:
        """Symbol, side, and the power of four of its notional."""
        worth = 0 if self._whole is None else self._whole.notional(row.symbol, row.quantity)
        return f"{row.symbol} {row.side} {worth.bit_length() // 2}"
