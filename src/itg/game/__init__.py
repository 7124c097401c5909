"""The game: teams, keys, roles, rounds, and the configuration of every other service.

Owns: registration and authentication, role assignment, the configuration of the other services, the
day's schedule, start and end of rounds, scores. Does not own: order matching, price generation,
direct position tracking.
"""
