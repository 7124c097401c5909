"""Where contract and wire meet: commands out of requests, bodies and pushes out of facts.

Pure functions. Money leaves as numbers in USD, times as microseconds; nothing hidden leaves at all.
"""
