"""Market data: the simulated prices and the fair value of every instrument.

Owns: price paths, volatility regimes, the tie between the underlyings, marks and Greeks, price
history. Does not own: order matching, positions, trade execution.
"""
