"""Run directories that somebody has spoilt, a hundred thousand of them: is each one answered with a line?

    python -m studies.bundles [BUNDLES]

One place of a small finished run is changed: a value of a document, an element of a row, bytes, a file. Most
are sealed again, so that what lies behind the seal is read. Then it is verified, reported and reconciled, as
the commands do it. A fault is any other exception than the one line for the user, a line that is two, or more
than two seconds of processor time. Resumable: runs/soak/bundles.jsonl. The summary goes to
docs/proof/bundles.json.
"""

from __future__ import annotations

import json
import random
import shutil
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from fireexit.errors import UsageError
from fireexit.evidence import reconcile, verify
from fireexit.main_path import check
from fireexit.options import CheckOptions
from fireexit.report import write_report
from judging.evidence.manifest import seal
from run_records.bounds import made_plain
from studies.proof import Campaign

BUNDLES = 100_000
PIECE = 500
MOST_S = 2.0
VALUES: tuple[Any, ...] = (
    None, True, -1, 0, 1, 2**63, 2**70, -(2**65), 1e308, 0.1, "", "x", "\x1b[31m", "\u202e", "<script>",
    "a" * 5_000, [], {}, [[]], {"a": 1}, "9" * 40, "../../etc/passwd", "\x00",
)  # fmt: skip
"""In the place of what a document or a row says."""


def small_run(folder: Path) -> Path:
    """A finished run of a second."""
    options = CheckOptions(
        "mixed", "exempt", "sim", "strict", None, None, None, 7, 1.0, folder / "run", 1, {}, 0, 0, 1, None,
        "planned",
    )  # fmt: skip
    check(options, lambda what, share: None)
    return folder / "run"


class Spoiler:
    """Changes one place of a copy of a run."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(f"bundle/{seed}")

    def spoil(self, folder: Path) -> str:
        """What was done, in a word and a place."""
        draw = self._random
        files = sorted(path for path in folder.rglob("*") if path.is_file())
        path = draw.choice(files)
        kind = draw.random()
        if kind < 0.04:
            path.unlink()
            done = "deleted"
        elif kind < 0.2:
            done = self._bytes(path)
        elif path.suffix == ".jsonl":
            done = self._row(path)
        elif path.suffix == ".json":
            done = self._document(path)
        else:
            done = self._bytes(path)
        if draw.random() < 0.85:
            try:
                seal(folder)
                done += ", sealed again"
            except Exception:
                done += ", not to be sealed"
        return f"{path.relative_to(folder)}: {done}"

    def _bytes(self, path: Path) -> str:
        draw, data = self._random, bytearray(path.read_bytes())
        place = draw.randrange(len(data) + 1)
        what = draw.random()
        if what < 0.3:
            del data[place:]
        elif what < 0.6 and data:
            data[min(place, len(data) - 1)] = draw.randrange(256)
        else:
            data[place:place] = draw.choice(
                (b"\x00", b"\n", b"\xff", b"{", b"[" * 3_000, b"\x1b[2J", b"9" * 400)
            )
        path.write_bytes(bytes(data))
        return f"bytes at {place}"

    def _row(self, path: Path) -> str:
        draw, lines = self._random, path.read_bytes().splitlines()
        place = draw.randrange(len(lines))
        try:
            row = json.loads(lines[place])
        except ValueError:
            return self._bytes(path)
        what = draw.random()
        if what < 0.1:
            del lines[place]
        elif what < 0.2:
            lines.insert(draw.randrange(len(lines)), lines[place])
        elif what < 0.3:
            other = draw.randrange(len(lines))
            lines[place], lines[other] = lines[other], lines[place]
        else:
            row = self._changed(row)
            lines[place] = json.dumps(row).encode("utf-8", "surrogatepass")
        path.write_bytes(b"\n".join(lines) + b"\n")
        return f"row {place}"

    def _document(self, path: Path) -> str:
        try:
            value = json.loads(path.read_bytes())
        except ValueError:
            return self._bytes(path)
        path.write_text(json.dumps(self._changed(value)))
        return "a value"

    def _changed(self, value: Any) -> Any:
        """The same with one place changed, found by going down at random."""
        draw = self._random
        if isinstance(value, dict) and value and draw.random() < 0.9:
            key = draw.choice(list(value))
            if draw.random() < 0.1:
                return {name: item for name, item in value.items() if name != key}
            return {**value, key: self._changed(value[key])}
        if isinstance(value, list) and value and draw.random() < 0.9:
            place = draw.randrange(len(value))
            if draw.random() < 0.1:
                return value[:place] + value[place + 1 :]
            return [*value[:place], self._changed(value[place]), *value[place + 1 :]]
        if isinstance(value, int | float) and not isinstance(value, bool) and draw.random() < 0.4:
            return draw.choice((value + 1, value - 1, -value, value * 1_000, float(value)))
        return draw.choice(VALUES)


def _verified(folder: Path) -> tuple[list[str], bool]:
    return verify(folder, None)


def _reconciled(folder: Path) -> tuple[list[str], bool]:
    return list(reconcile(folder, everything=False)), True


def _reported(folder: Path) -> tuple[list[str], bool]:
    write_report(folder, [], folder.parent / "page.html")
    return [], True


def answered(folder: Path) -> tuple[str, str]:
    """(what verify says, what is wrong with how it or another command says it)."""
    wrong, said = "", ""
    for command in (_verified, _reconciled, _reported):
        begun = time.process_time()
        try:
            lines, good = command(folder)
            said = said or ("intact" if good else "found")
        except UsageError as error:
            lines = [str(error)]
            said = said or "refused"
        except Exception:
            wrong = wrong or f"{command.__name__}: {traceback.format_exc()[-700:]}"
            lines = []
        if any("\n" in made_plain(line).rstrip("\n") for line in lines):
            wrong = wrong or f"{command.__name__}: a line that is two: {lines!r}"[:500]
        if (took := time.process_time() - begun) > MOST_S:
            wrong = wrong or f"{command.__name__}: {took:.1f} s"
    return said, wrong


def main(bundles: int = BUNDLES) -> int:
    """Try what is left. 1 if anything was not as it must be."""
    campaign = Campaign("bundles")
    with tempfile.TemporaryDirectory(prefix="bundles-") as name:
        honest = small_run(Path(name))
        for first in range(sum(row["bundles"] for row in campaign.rows), bundles, PIECE):
            campaign.add(bundles=PIECE, **tried(honest, Path(name) / "copy", range(first, first + PIECE)))
    return 1 if campaign.told(summary)["faults"] else 0


def tried(honest: Path, copy: Path, seeds: Iterable[int]) -> dict[str, Any]:
    """What was said of an honest run once it was spoilt, and where that was a fault."""
    said: Counter[str] = Counter()
    faults = []
    for seed in seeds:
        shutil.copytree(honest, copy)
        place = Spoiler(seed).spoil(copy)
        what, wrong = answered(copy)
        said[what] += 1
        if wrong:
            faults.append({"seed": seed, "place": place, "wrong": wrong})
        shutil.rmtree(copy)
    return {"said": dict(said), "faults": faults}


def summary(rows: list[dict[str, Any]]) -> dict[str, Any]:
    said: Counter[str] = Counter()
    for row in rows:
        said.update(row["said"])
    return {
        "bundles": sum(row["bundles"] for row in rows),
        "said": dict(sorted(said.items())),
        "faults": [fault for row in rows for fault in row["faults"]],
    }


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else BUNDLES))
