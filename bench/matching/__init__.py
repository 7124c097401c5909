"""Matching engines side by side: one stream of commands, one judge of the tape, ratios."""
