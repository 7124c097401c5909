"""A study of the game's balance in the lab: run `python -m bench.balance.study`."""
