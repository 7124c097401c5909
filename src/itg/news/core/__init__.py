"""The pure news: arrivals, outcomes, schedule."""
