"""Make the pages and pictures of docs/ that are made from the code, from runs, or from tests."""

from pathlib import Path

DOCS = Path(__file__).parents[2] / "docs"
"""Where they go."""
