"""The tables a scenario file may carry, by subject. Money in USD, fractions plain (0.1 is 10 %)."""
