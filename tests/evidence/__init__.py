"""Run directories as evidence."""
