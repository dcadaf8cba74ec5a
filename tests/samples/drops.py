"""Those who reduce come first in the queue, and are refused there when their turn comes."""

from __future__ import annotations

from fireexit.policy import Decision, NodeView, Note, Request, Turn


class Drops:
    def admit(self, request: Request, node: NodeView) -> Decision:
        return Decision("admit", priority=0 if request.klass == "reducing" else 1)

    def keep(self, request: Request, note: Note, turn: Turn) -> bool:
        return request.klass != "reducing"
