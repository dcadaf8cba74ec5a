"""Traders, written once: generators that yield verbs and are sent back what happened. No I/O."""
