"""pytest with one file of ours imported wrong: `MUTANT` holds the point as JSON."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import msgspec
import pytest

from tools.mutation.patch import change_at_import
from tools.mutation.points import Point

ROOT = Path(__file__).parents[2]

if __name__ == "__main__":
    change_at_import(ROOT, msgspec.json.decode(os.environ["MUTANT"], type=Point))
    from tools.mutation.inline import work_in_this_process  # imports our code: only after the change

    work_in_this_process()
    sys.exit(pytest.main(sys.argv[1:]))
