"""From files to ended attempts: each as its client saw it, joined with what the exchange did with it."""
