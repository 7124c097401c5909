"""Positions: what every account holds, may hold, and is told.

Owns: positions by account and instrument, role rules and risk limits, reserved exposure, cash,
fees and P&L, idempotency of orders, and each account's private sequence of events. Does not own:
order matching, trade generation, teams.
"""
