"""A run directory as evidence: sealed at its end, checked and recomputed by anybody later."""
