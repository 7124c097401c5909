"""Intern Trading Game: an options exchange on simulated underlyings, in a box."""

__version__ = "0.1.0"
