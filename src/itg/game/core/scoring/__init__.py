"""Scores: what accounts did is summed as it is told, and becomes points when somebody asks.

Nothing here knows a role or an underlying: a role's KPIs are names of measures with weights and
anchors, in the scenario's rules. Sums are integers, or floats added in the order of the events, so
that the same events give the same scores to the last bit.
"""
