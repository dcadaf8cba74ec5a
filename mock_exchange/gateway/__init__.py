"""The way in: limits -> authentication -> parameters -> admission -> engine queue.

`gateway.Gateway.submit` is the door; everything behind it is told the time and never asks for it. Nothing is
imported here, so that a policy in a process of its own can read the messages and meets nothing else of ours.
"""
