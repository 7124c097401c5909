"""The gateway's bounds."""

from msgspec import Struct


class GatewaySettings(Struct, frozen=True, kw_only=True):
    """Deadlines in seconds of wall time, sizes in bytes, rates per second of wall time."""

    order_deadline_s: float = 5.0
    cancel_deadline_s: float = 3.0
    body_deadline_s: float = 5.0
    waiting_max: int = 1_000
    body_bytes_max: int = 64 * 1024
    heartbeat_s: float = 1.0
    outbox_bytes_max: int = 4 * 1024 * 1024  # of one session; at it the session is closed
    public_bytes_max: int = 1024 * 1024  # beyond it a session that does not read loses public facts
    stalled_s: float = 3.0  # a socket that takes nothing for so long is closed
    flush_s: float = 0.05  # state channels are conflated over this interval
    paced_flush_s: float = 0.1  # those of pages, `ui.…`, over this one
    absence_s: float = 5.0  # grace before cancel_on_disconnect
    sessions_per_team: int = 8
    unanswered_max: int = 256
    flood_factor: int = 4
    queries_per_s: int = 100
    anonymous_per_s: int = 100
    known_keys_s: float = 600.0  # for so long a key that was good is, without the game
    failed_keys_per_s: int = 1
    failed_keys_burst: int = 20
    ticket_s: float = 30.0
    login_ticket_s: float = 600.0
    login_tickets_per_s: float = 1 / 30  # of one team; each may become a key
    login_tickets_burst: int = 20
    files_waiting_max: int = 256  # calls of teams and researchers for files of rounds
    files_waiting_per_caller: int = 16
    silent_bot_s: float = 5.0
    start_deadline_s: float = 60.0
    reports: str = ""  # the folder of the rounds' reports; "": none are written
    replays: str = ""  # the folder of the rounds' replays; "": they go with the process
    bundle_key: str = ""  # the public key that this game's bundles are signed with; "": none are
