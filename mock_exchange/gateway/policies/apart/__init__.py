"""A policy in a process of its own, spoken with in lines of JSON.

`lines` is what is said, `process` the gateway's end, `patience` how long it waits, `host` the other end for a
policy in Python, `confine` what is taken from the process before it begins, `reach` what is left to it.
"""
