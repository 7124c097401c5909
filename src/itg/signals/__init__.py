"""Signals: what a role is told about the future, and how often that turned out true.

Owns: signal generation, alpha models, history and accuracy. Does not own: prices, news, orders.
"""
