"""What a stopped game's directory comes to when it is started again."""

from pathlib import Path

from itg.compose.verify import machine_of, opened_for_reading
from itg.runtime.fingerprint import header_of
from itg.runtime.recovery import recover


def recovered_state_hash(data: Path) -> str:
    """Return the state hash a restart comes to, from the newest snapshot on; fences a writer."""
    journal = opened_for_reading(data)
    try:
        machine = machine_of(journal)
        journal.open(header_of(machine))
        recover(journal, machine)
        return machine.state_hash()
    finally:
        journal.close()
