"""Ports for servers that are started on a number which they keep over many lives."""

import fcntl
import os
import socket
import tempfile
from pathlib import Path

# Below those that the system gives out: whoever asks for a port that nobody listens to yet could be
# given that very port, and would speak to itself.
_FIRST, _LAST = 20_000, 32_000
_BLOCK = 8  # ports that are reserved together
_held: list[int] = []  # locks, for as long as this process lives


def free_ports(count: int = 1) -> int:
    """Return the first of some ports in a row that nobody uses and no other test process has.

    A server that is killed and started again leaves its port free for a while: test processes that
    run beside each other lock what they take, or a client would speak to another test's server.
    """
    assert count <= _BLOCK, "a block is reserved as one"
    places = Path(tempfile.gettempdir()) / "itg-test-ports"
    places.mkdir(exist_ok=True)
    blocks = list(range(_FIRST, _LAST, _BLOCK))
    begin = os.getpid() % len(blocks)  # most find a free one at once
    for first in blocks[begin:] + blocks[:begin]:
        if _reserve(places / str(first)):
            if all(_is_free(port) for port in range(first, first + count)):
                return first
            os.close(_held.pop())
    raise AssertionError("no free ports")


def _reserve(place: Path) -> bool:
    lock = os.open(place, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(lock)
        return False
    _held.append(lock)
    return True


def _is_free(port: int) -> bool:
    with socket.socket() as trying:
        try:
            trying.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
