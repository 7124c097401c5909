"""State and rules of positions: accounts and what they hold, may hold, and are told."""
