"""What has been measured is written down; the page that tells of it says where the code has changed since."""

from __future__ import annotations

from pathlib import Path

from benchmarks.history import COMPILED, PURE, SPEAKS_OF, Entry, append, digest_of, is_old, latest, read
from benchmarks.page import PAGE, block, page
from benchmarks.targets import TARGETS
from tests.house.arrows import ROOT


def entry(letter: str = "a", core: str = PURE, ratio: float = 1.0, digest: str = "", what: str = "") -> Entry:
    return Entry(letter, core, ratio, ratio, ratio, 3, "abc1234", "2026-11-27", digest, what=what)


def test_the_page_is_made_from_the_history() -> None:
    """`make redraw` writes it."""
    assert PAGE.read_text() == page()


def test_every_measure_has_a_target_and_code_that_is_there() -> None:
    assert SPEAKS_OF.keys() == TARGETS.keys()
    for places in SPEAKS_OF.values():
        assert all((ROOT / place).exists() for place in places)


def test_a_line_is_a_median_of_pairs_and_can_be_read_again(tmp_path: Path) -> None:
    path = tmp_path / "history.jsonl"
    made = append("d", COMPILED, [0.5, 0.1, 0.2], {"compiled": 12345.678}, path=path)
    assert (made.ratio, made.least, made.greatest, made.pairs) == (0.2, 0.1, 0.5, 3)
    assert made.rates == {"compiled": 12350.0}
    assert append("d", COMPILED, [1.0, 3.0], path=path).ratio == 2.0
    assert read(path)[0] == made
    assert len(read(path)) == 2
    assert not is_old(made)


def test_the_last_line_of_each_measure_and_core_counts() -> None:
    entries = [
        entry(),
        entry(ratio=2.0),
        entry(core=COMPILED),
        entry("e", what="1 to 10"),
        entry("e", what="2 to 20"),
    ]
    assert [found.ratio for found in latest(entries).values()] == [2.0, 1.0, 1.0, 1.0]


def test_a_page_says_what_was_missed_and_what_is_old() -> None:
    now = digest_of(ROOT, SPEAKS_OF["a"])
    assert "changed since" in block([entry(digest="other")])
    kept = block([entry(ratio=1.0, digest=now)])
    assert "changed since" not in kept
    assert "missed" not in kept
    assert "0.999, missed" in block([entry(ratio=0.999, digest=now)])
    assert "1.310, missed" in block([entry("e", ratio=1.31)])
    assert "missed" not in block([entry("e", ratio=1.2)])


def test_one_of_several_may_have_a_target_of_its_own() -> None:
    assert "missed" not in block([entry("e", ratio=2.9, what="100,000 to 1,000,000")])
    assert "missed" in block([entry("e", ratio=2.9, what="10,000 to 100,000")])
    assert "missed" not in block([entry("g", ratio=4.9, what="fair")])
    assert "missed" in block([entry("g", ratio=2.1, what="exempt")])


def test_a_digest_is_of_code_and_of_its_place(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    digests = set()
    for name, text in (("x.py", "1"), ("x.py", "2"), ("y.py", "2"), ("y.txt", "3")):
        for old in (tmp_path / "a").iterdir():
            old.unlink()
        (tmp_path / "a" / name).write_text(text)
        digests.add(digest_of(tmp_path, ("a",)))
    assert len(digests) == 4
    (tmp_path / "a" / "y.txt").write_text("4")
    assert digest_of(tmp_path, ("a",)) in digests
