"""The exchange: order matching, trades, books, phases.

Owns: checking orders (format, instrument, phase), matching by the configured rule, trade and order
ids, book state, public trade events, market phases and their transitions, opening auctions, and
canceling all orders at the close. Does not own: positions, risk limits, teams and roles, prices of
the simulated market (it hears them from market_data). One instance per underlying's chain.
"""
