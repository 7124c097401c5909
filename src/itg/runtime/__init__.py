"""The pump and what it stands on: envelope, timers, clocks, bus, journal, recovery, supervision.

Owns order, time and durability; knows no business word.
"""
