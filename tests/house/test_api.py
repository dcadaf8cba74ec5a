"""The public API is a list that somebody wrote down; it changes on purpose only."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import fireexit
from tests.house import api

LIST = Path(__file__).with_name("api.txt")


def test_it_is_what_the_list_says() -> None:
    assert "\n".join(api.lines()) + "\n" == LIST.read_text(encoding="utf-8")


def test_names_that_are_not_there_are_named() -> None:
    with pytest.raises(AttributeError, match="no attribute 'chek'"):
        fireexit.chek  # noqa: B018


def test_asking_for_nothing_loads_nothing() -> None:
    """Reading a run must not need what makes load."""
    code = "import fireexit, sys; print(*sys.modules)"
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not {"loadgen", "mock_exchange", "judging", "locust", "aiohttp"} & set(shown.stdout.split())
