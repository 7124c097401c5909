"""The pure price model: regimes, paths, fair values, history."""
