"""WebSocket streams: market data in the venue's cadence, and each account's own events."""
