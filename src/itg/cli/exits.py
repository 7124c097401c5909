"""The exit codes of the command."""

DONE = 0
FAILED = 1
WRONG_USE = 2
NO_SERVER = 3
INTERRUPTED = 130
