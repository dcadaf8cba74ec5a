"""A venue that goes on after its process has ended, however it ended.

The journal is the truth. `memory` writes into it what no command tells, `past` reads it back, `state_file`
keeps beside it what must not stand in it (the plan with its seed, from which all keys follow), and `bookmark`
spares a reader the part that it has read before.
"""
