"""Processes of this host, by their numbers."""

import os


def is_running(pid: int) -> bool:
    """Tell whether a process lives."""
    if pid <= 0:
        return False
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
