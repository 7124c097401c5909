"""Version 1 of the wire. Prices are JSON numbers in USD, times integer microseconds UTC."""
