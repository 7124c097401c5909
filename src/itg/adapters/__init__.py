"""What touches the world outside the process, an engine a file; only compose knows them."""
