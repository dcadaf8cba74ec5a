"""From the records of a run to a verdict: contracts, statistics, and the rules that combine them."""
