"""A project's own tests: one run that holds, one that does not, one that says nothing."""

import fireexit


def test_open() -> None:
    result = fireexit.check(mode="sim", policy="exempt", seed=7).assert_holds()
    assert result.digest.startswith("sha256:")


def test_shut() -> None:
    fireexit.check(mode="sim", policy="undifferentiated", seed=7).assert_holds()


def test_nothing_to_say() -> None:
    fireexit.check(mode="sim", scenario="calm", duration_s=5, seed=7).assert_holds()
