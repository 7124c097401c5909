"""Retail: the house's quotes and the simulated small investors.

Owns: order generation and its behavior. Its orders enter through positions like everybody's. Does
not own: prices, matching, positions.
"""
