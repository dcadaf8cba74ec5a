"""Engine objects as the venue's JSON: decimals as strings, ids and times as numbers, booleans as booleans."""
