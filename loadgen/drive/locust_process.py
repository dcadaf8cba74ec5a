"""`python -m loadgen.drive.locust_process …`: Locust, gone with its starter from its first instant on."""

from __future__ import annotations

from loadgen.drive.lifeline import run

if __name__ == "__main__":
    run("locust")
