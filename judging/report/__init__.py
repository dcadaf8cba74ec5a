"""Renders what the verdict found; finds nothing itself."""
