"""Accounts that never got out in a run, although they tried again and again."""

from __future__ import annotations

from judging.clause import Clause
from judging.counting.sample import SHUT_OUT_OF, Pair, Sample
from judging.measures.base import Census


class ShutOut(Census):
    name = "shut-out"
    words = f"accounts with {SHUT_OUT_OF} exiting attempts or more in a run, none of them accepted"
    meaning = (
        f"accounts with {SHUT_OUT_OF} exiting attempts or more in one run, none of them accepted: whoever is "
        "shut out, in whichever run"
    )
    vantage = "client"
    needs_journal = True

    def count(self, clause: Clause, whole: Sample) -> Pair:
        return whole.shut_out
