"""From a tally to a verdict: the rules that combine clauses, and the document that says it."""
