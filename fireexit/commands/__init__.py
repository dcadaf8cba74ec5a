"""The commands, a file for each kind: what they take, and what they print. What they do is done elsewhere.

A file is read when one of its commands is called (fireexit/cli.py).
"""
