"""How an attempt ended, as far as it counts: what its client was told, held against what the engine knew."""

from __future__ import annotations

from enum import StrEnum

from run_records.words import Judgement, Meaning, Stage


class Kind(StrEnum):
    """How an attempt ended, for who counts: what its answer meant, and whose doing a refusal was."""

    ACCEPTED = "accepted"
    CAPACITY = "capacity"
    """Refused for want of capacity."""
    UNKNOWN = "unknown"
    FALSE_STATE = "false-state"
    """Refused for the state of the account, although the engine would have taken it."""
    SELF_STATE = "self-inflicted"
    """Refused for an earlier own attempt whose fate its client never learnt."""
    STATE = "justified"
    """Refused for the state of the account, rightly or as far as anybody knows."""
    LIMIT = "rate-limit"
    MALFORMED = "malformed"


ACCEPTED, CAPACITY, UNKNOWN, FALSE_STATE, SELF_STATE, STATE, LIMIT, MALFORMED = KINDS = tuple(Kind)
AGAINST = frozenset((CAPACITY, UNKNOWN, FALSE_STATE))
"""Those that count against the venue; the others are its client's own doing."""
OWED = AGAINST | {ACCEPTED}
"""How attempts end that the venue had to accept."""

_OF_MEANING = {
    Meaning.ACCEPTED: ACCEPTED,
    Meaning.UNKNOWN: UNKNOWN,
    Meaning.CAPACITY_REFUSED: CAPACITY,
}
_OF_JUDGEMENT = {Judgement.FALSE: FALSE_STATE, Judgement.SELF_INFLICTED: SELF_STATE}


def kind_of(meaning: Meaning, judgement: Judgement = Judgement.NONE, stage: Stage | None = None) -> Kind:
    """Refusals for the state of the account by the engine's judgement, if there is one. A rate limit that
    admission answered is none but a shed in disguise."""
    known = _OF_MEANING.get(meaning)
    if known is not None:
        return known
    if meaning is Meaning.LIMITED:
        return CAPACITY if stage is Stage.ADMISSION else LIMIT
    judged = _OF_JUDGEMENT.get(judgement)
    if judged is not None:
        return judged
    return MALFORMED if meaning is Meaning.MALFORMED else STATE
