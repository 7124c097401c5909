"""The watch: records in, cases out."""

from collections.abc import Sequence

from itg.exchange.contract import JumpGuardOpened, PhaseChanged
from itg.game.contract import RoundStarted
from itg.kernel.ids import InstrumentId, Seq
from itg.kernel.messages import Message
from itg.kernel.times import Nanos
from itg.kernel.words import Phase
from itg.lab.surveillance.cases import Case, CaseKind
from itg.lab.surveillance.closing import Closing
from itg.lab.surveillance.detector import Detector
from itg.lab.surveillance.layering import Layering
from itg.lab.surveillance.stuffing import Stuffing
from itg.lab.surveillance.tape import Fold, Tape
from itg.lab.surveillance.thresholds import Thresholds
from itg.lab.surveillance.transfers import Transfers
from itg.lab.surveillance.washing import SelfTrades, Washes
from itg.runtime.envelope import Record


class Surveillance:
    """All detectors over one stream of records.

    Each trading day is looked at alone and begins with its `RoundStarted`; `cases` are those of the
    day at hand. Equal records give equal cases, in one piece or in several, live or from a journal.
    """

    def __init__(self, thresholds: Thresholds | None = None) -> None:
        terms = thresholds or Thresholds()
        tape = self._tape = Tape()
        self._detectors: tuple[Detector, ...] = (
            SelfTrades(tape, terms.self_trade),
            Washes(tape, terms.wash),
            Transfers(tape, terms.transfer),
            Layering(tape, terms.layering),
            Stuffing(tape, terms.stuffing),
            Closing(tape, terms.closing),
        )
        tape.ears = self._detectors
        self._folds: dict[type[Message], Fold] = {
            **tape.folds,
            RoundStarted: self._begin_day,
            JumpGuardOpened: self._jump,
            PhaseChanged: self._phase,
        }
        self.trading_day = ""
        self.round_id = 0

    def hear(self, record: Record) -> None:
        """Take in one input with everything it caused."""
        folds = self._folds
        for place, output in enumerate(record.outputs, start=record.seq + 1):
            fold = folds.get(type(output))
            if fold is not None:
                fold(Seq(place), record.game_ns, output)

    def cases(self, kind: CaseKind | None = None) -> list[Case]:
        """Return the day's cases, by kind and in the order in which they were opened."""
        return [
            dossier.case(
                detector.kind,
                self.trading_day,
                [self._tape.teams[account_id] for account_id in dossier.subject.account_ids],
            )
            for detector in self._detectors
            if kind in {None, detector.kind}
            for dossier in detector.dossiers.all()
        ]

    def _begin_day(self, seq: Seq, now: Nanos, event: Message) -> None:
        assert isinstance(event, RoundStarted)
        self.trading_day = event.trading_day
        self.round_id = event.round_id
        self._tape.begin_day()
        for detector in self._detectors:
            detector.begin_day()

    def _jump(self, seq: Seq, now: Nanos, event: Message) -> None:
        assert isinstance(event, JumpGuardOpened)
        for detector in self._detectors:
            detector.hear_jump(event.underlying_id, now)

    def _phase(self, seq: Seq, now: Nanos, event: Message) -> None:
        assert isinstance(event, PhaseChanged)
        if event.phase is Phase.CLOSED:
            for detector in self._detectors:
                detector.hear_close(self._closing(event), now)

    def _closing(self, event: PhaseChanged) -> Sequence[InstrumentId]:
        if event.instrument_id is not None:
            return (event.instrument_id,)
        known = self._tape.instruments.values()
        return [i.instrument_id for i in known if i.underlying_id == event.underlying_id]
