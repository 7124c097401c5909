"""News: headlines that come by chance or by the organizer's hand, and what they secretly bring.

Owns: arrivals, the headline table, hidden outcomes, schedule and history. Does not own: prices,
signals, trades. Market data applies an outcome when the news is published.
"""
