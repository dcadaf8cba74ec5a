"""An exchange that is killed under load goes on from its journal; no acknowledged order is missing."""

from __future__ import annotations

import pytest

from studies.kills import Venue, killed_again_and_again

pytestmark = [pytest.mark.realtime, pytest.mark.large]


@pytest.mark.parametrize(
    "venue",
    [Venue(7, "mixed", "exempt", False, False, 4), Venue(8, "gaming-batch", "fire-exit", True, True, 12)],
    ids=["plain", "durable and in parts"],
)
def test_no_acknowledged_order_is_lost_and_the_venue_goes_on(venue: Venue) -> None:
    found = killed_again_and_again(venue, 4)
    assert [life["faults"] for life in found] == [[]] * 4
    assert found[-1]["acknowledged"] > 20
