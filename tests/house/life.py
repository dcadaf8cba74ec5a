"""The life of an attempt as a picture, drawn from the table itself. `python -m tests.house.life` draws it
into docs/architecture.md."""

from __future__ import annotations

from mock_exchange.gateway.life import ARRIVED, OVER, TABLE, State
from tests.house.arrows import PAGE

BEGIN, END = "<!-- life: drawn by tests/house/life.py -->", "<!-- /life -->"


def _name(state: State) -> str:
    return state.name.lower()


def picture() -> str:
    """A Mermaid state diagram; events that lead to the same state share an arrow."""
    lines = ["```mermaid", "stateDiagram-v2"]
    lines += [f'    state "{state}" as {_name(state)}' for state in State if state != _name(state)]
    lines.append(f"    [*] --> {_name(ARRIVED)}")
    for state, row in TABLE.items():
        for after in dict.fromkeys(row.values()):
            events = ", ".join(event for event, to in row.items() if to is after)
            lines.append(f"    {_name(state)} --> {_name(after)}: {events}")
    lines += [f"    {_name(state)} --> [*]" for state in State if state in OVER]
    return "\n".join([*lines, "```"])


def drawn() -> str:
    """What the page shows."""
    return PAGE.read_text(encoding="utf-8").partition(BEGIN)[2].partition(END)[0].strip()


def main() -> None:
    before, _, rest = PAGE.read_text(encoding="utf-8").partition(BEGIN)
    after = rest.partition(END)[2]
    PAGE.write_text(f"{before}{BEGIN}\n{picture()}\n{END}{after}", encoding="utf-8")


if __name__ == "__main__":
    main()
