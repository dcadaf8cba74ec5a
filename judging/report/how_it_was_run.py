"""What has to be said of how a run was made, before its figures: where the policy's code ran, and whether the
run ended before its time."""

from __future__ import annotations

from typing import Any

from judging.verdict.words import BROKEN
from run_records.run import SHIPPED, TRUSTED


def policy_text(document: dict[str, Any]) -> str:
    """The policy, and where its code ran if it is not ours."""
    run = document["run"]
    code = run.get("policy_code") or SHIPPED
    return str(run["policy"]) if code == SHIPPED else f"{run['policy']} ({code})"


def runs_text(document: dict[str, Any]) -> str:
    """How many runs of which length."""
    run = document["run"]
    return f"{run['replications']} × {run['duration_s']:g} s"


def warnings(document: dict[str, Any]) -> list[str]:
    """Sentences about it, if there is anything to say."""
    told = []
    if document["run"].get("policy_code") == TRUSTED:
        told.append(
            "The policy is trusted code: it ran in the exchange's own process, where nothing keeps it from "
            "the engine and the records."
        )
    stop = document.get("stop")
    if stop is not None and stop["made"] < stop["planned"]:
        ended = f"Ended after {stop['made']} of {stop['planned']} planned runs"
        told.append(
            f"{ended}, as declared before the first: what is broken is so beyond doubt."
            if document["result"] == BROKEN
            else f"{ended}, although nothing was decided."
        )
    return told
