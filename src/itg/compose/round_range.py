"""Where a round stands in a journal, and whether any is still to be played."""

from msgspec import Struct

from itg.game.contract import CreateGame, RevealSeed, RoundEnded, RoundStarted, SeedReveal
from itg.kernel.errors import ConfigurationError
from itg.kernel.ids import Seq
from itg.runtime.codec import Codec
from itg.runtime.envelope import Record
from itg.runtime.journal import FROM_START, Journal, SealedBatch, checked_rows

# Rows are looked through for these names before they are decoded: few hold one.
_NAMES = (b"CreateGame", b"RoundStarted", b"RoundEnded", b"RevealSeed")


class RoundRange(Struct, frozen=True, kw_only=True):
    """A round by the numbers of its first and last input; `row_last_seq` ends the last one's row.

    What follows the end belongs to the round until the next one starts: corrections, a reveal of
    identities. `is_game_over` and `reveal` are as of the journal's end.
    """

    round_id: int
    trading_day: str
    first_input_seq: Seq
    last_input_seq: Seq
    row_last_seq: Seq
    is_game_over: bool = True
    reveal: SeedReveal | None = None


def range_of(journal: Journal, codec: Codec, round_id: int) -> RoundRange:
    """Return an ended round's range as of now; `ConfigurationError` if it has not ended.

    Every row is checked on the way, so that what is made of the round is made of what was recorded.
    """
    search = _Search(round_id)
    for row in checked_rows(journal, FROM_START):
        is_within = search.is_ended and not search.is_over
        if is_within or any(name in row.body for name in _NAMES):
            for record in codec.decode_records(row.body):
                search.see(record, row)
    return search.found()


class _Search:
    def __init__(self, round_id: int) -> None:
        self.is_ended = False
        self.is_over = False  # another round has started since
        self._round_id = round_id
        self._start: tuple[Seq, str] | None = None
        self._last = (Seq(0), Seq(0))
        self._unended: list[int] = []
        self._reveal: SeedReveal | None = None

    def see(self, record: Record, row: SealedBatch) -> None:
        if isinstance(record.body, CreateGame):
            self._unended = list(range(1, len(record.body.rules.rounds) + 1))
        elif isinstance(record.body, RevealSeed):
            self._reveal = record.body.reveal
        ends_here = False
        for output in record.outputs:
            if isinstance(output, RoundStarted):
                self._see_start(record.seq, output)
            elif isinstance(output, RoundEnded):
                self._unended.remove(output.round_id)
                if output.round_id == self._round_id:
                    self.is_ended = ends_here = True
        # One input may end this round and start the next one.
        if ends_here or (self.is_ended and not self.is_over):
            self._last = (record.seq, row.last_seq)

    def found(self) -> RoundRange:
        if self._start is None or not self.is_ended:
            state = "has not started" if self._start is None else "is still running"
            raise ConfigurationError(f"round {self._round_id} {state}; name one that has ended")
        return RoundRange(
            round_id=self._round_id,
            trading_day=self._start[1],
            first_input_seq=self._start[0],
            last_input_seq=self._last[0],
            row_last_seq=self._last[1],
            is_game_over=not self._unended,
            reveal=self._reveal,
        )

    def _see_start(self, seq: Seq, told: RoundStarted) -> None:
        if told.round_id == self._round_id:
            self._start = (seq, told.trading_day)
        elif self.is_ended:
            self.is_over = True
