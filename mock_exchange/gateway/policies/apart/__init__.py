"""A policy in a process of its own, spoken with in lines of JSON.

`lines` is what is said, `process` the gateway's end, `patience` how long it waits, `complaints` what it hears
besides, `host` the other end for a policy in Python, `confine` what is taken from the process before it
begins, `reach` the files and `calls` the system calls that are left to it.
"""
