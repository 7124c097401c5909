"""Retail: the house's quotes and the simulated small investors.

Owns: order generation and its behavior. Does not own: prices, matching, positions. Its orders enter
through positions like everybody's.
"""
