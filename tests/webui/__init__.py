"""What we add to Locust's web UI."""
