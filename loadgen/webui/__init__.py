"""What fireexit adds to Locust's web UI: a tab, a form that fits, downloads, a page of charts."""
