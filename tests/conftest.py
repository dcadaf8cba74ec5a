"""Hypothesis draws the same examples every time: a red test is red for everybody.

A test run in the background of a script starts with interrupts ignored, and so would every program it
starts; tests that interrupt programs need them heard.
"""

import signal

from hypothesis import HealthCheck, settings

settings.register_profile(
    "repeatable", derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("repeatable")

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)
