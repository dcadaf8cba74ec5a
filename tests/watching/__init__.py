"""The programs people watch a run with: Prometheus, Chromium, images. Only where they are installed."""
