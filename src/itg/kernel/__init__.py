"""Pure values every room may use: money, ids, times, words, dice, messages, errors.

Imports nothing of ours; knows no service.
"""
