"""A day's load on this machine, with everything going wrong that will: `itg rehearse`.

A real server in a process of its own, fake teams in others, connections cut, programs and the
server killed; afterwards the journal is held against everything the teams were told.
"""
