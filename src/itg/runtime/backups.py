"""What is known of a running game's backups: plain values a gateway may read."""

from msgspec import Struct


class BackupNumbers(Struct):
    """Where backups go and how the last one did; times are wall time in microseconds.

    `fault` says what the last try failed of, "" where it did not.
    """

    to: str
    every_s: float
    since_us: int  # when this process began to see to them
    path: str = ""  # the newest, also where an earlier process made it
    made_us: int = 0  # 0: there is none yet
    head_seq: int = 0
    is_verified: bool = False
    is_running: bool = False
    next_us: int = 0
    count: int = 0  # made by this process
    faults: int = 0
    fault: str = ""
