"""One answer out of many: the legs of a batch."""

from __future__ import annotations

from mock_exchange.errors import CONNECTION_LOST
from mock_exchange.gateway.attempt import Answer, Respond


class Gather:
    """Collects the answers of a batch's legs and responds with all of them at once; where the connection
    broke under one of them, it broke under all."""

    __slots__ = ("_answers", "_left", "_respond")

    def __init__(self, legs: int, respond: Respond) -> None:
        self._answers: list[Answer | None] = [None] * legs
        self._left = legs
        self._respond = respond

    def leg(self, number: int) -> Respond:
        def answered(answer: Answer) -> None:
            self._answers[number] = answer
            self._left -= 1
            if self._left == 0:
                lost = any(leg is not None and leg.code == CONNECTION_LOST for leg in self._answers)
                self._respond(Answer(0, CONNECTION_LOST) if lost else Answer(200, 0, self._answers))

        return answered
