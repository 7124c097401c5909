"""One round's replay, made by a process: `… DATA ROUND FILE`.

Ends with 0, with `NOT_ENDED`, or with 1 and the reason on standard error.
"""

import sys
from pathlib import Path

import structlog

from itg.compose.companion import begin_companion
from itg.compose.logs import log_to_stderr
from itg.compose.verify import machine_of, opened_for_reading
from itg.gateway.replay_file import NotEndedError, write_replay
from itg.kernel.errors import ItgError

log = structlog.get_logger()

NOT_ENDED = 4


def main() -> int:
    """Run as the market's companion."""
    begin_companion()
    log_to_stderr("replay")
    data, round_id, file = sys.argv[1:]
    try:
        journal = opened_for_reading(Path(data))
        try:
            write_replay(journal, machine_of(journal).codec, int(round_id), Path(file))
        finally:
            journal.close()
    except NotEndedError:
        return NOT_ENDED
    except (ItgError, OSError) as error:
        log.error("replay_failed", round_id=int(round_id), reason=str(error))  # noqa: TRY400
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
