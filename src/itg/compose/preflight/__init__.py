"""Is everything ready for the day: machine, data, server, teams; green, red, or not to be told."""
