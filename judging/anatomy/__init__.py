"""One run's records taken apart for a reader: how it went over time, code by code, bot by bot."""
