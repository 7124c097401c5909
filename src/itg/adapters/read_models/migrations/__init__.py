"""The steps of each service's tables, in a folder each.

A step is never edited once it was released. One that adds what an event would have filled takes the
cursors of that event's class away: the next reading brings it in from the first, and what is there
already stays as it is, since the same effect twice is the effect once.
"""
