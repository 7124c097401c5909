"""What can be traded now."""

from collections.abc import Sequence

from msgspec import Struct, field

from itg.kernel.ids import InstrumentId, Shard
from itg.kernel.times import Nanos
from itg.kernel.words import Instrument, Phase

TAKING_ORDERS = (Phase.PRE_OPEN, Phase.CONTINUOUS, Phase.CLOSING_AUCTION, Phase.HALTED)


class Listings(Struct):
    """Listed instruments in listing order, and the phase each is in.

    `version` changes whenever what can be ordered may have changed.
    """

    instruments: dict[InstrumentId, Instrument] = field(default_factory=dict)
    phases: dict[InstrumentId, Phase] = field(default_factory=dict)
    shard_phases: dict[Shard, Phase] = field(default_factory=dict)
    version: int = 0

    def add(self, instrument: Instrument) -> None:
        self.version += 1
        self.instruments[instrument.instrument_id] = instrument
        phase = self.shard_phases.get(instrument.shard, Phase.CLOSED)
        self.phases[instrument.instrument_id] = phase

    def remove(self, instrument_id: InstrumentId) -> None:
        self.version += 1
        self.instruments.pop(instrument_id, None)
        self.phases.pop(instrument_id, None)

    def move(
        self, shard: Shard, phase: Phase, instrument_id: InstrumentId | None
    ) -> Sequence[InstrumentId]:
        """Enter a phase; return the instruments it concerns."""
        self.version += 1
        if instrument_id is not None:
            self.phases[instrument_id] = phase
            return [instrument_id]
        self.shard_phases[shard] = phase
        moved = [i.instrument_id for i in self.instruments.values() if i.shard == shard]
        self.phases.update(dict.fromkeys(moved, phase))
        return moved

    def is_open(self, instrument: Instrument, now: Nanos) -> bool:
        """Tell whether orders in an instrument are taken."""
        if self.phases[instrument.instrument_id] not in TAKING_ORDERS:
            return False
        return not instrument.option or instrument.option.expires_ns > now

    def takes(self, instrument_id: InstrumentId, now: Nanos) -> bool:
        """Tell whether an instrument is listed and its orders are taken."""
        instrument = self.instruments.get(instrument_id)
        return instrument is not None and self.is_open(instrument, now)

    def open_options(self, now: Nanos) -> list[Instrument]:
        """Return the options whose orders are taken, in listing order."""
        return [i for i in self.instruments.values() if i.option and self.is_open(i, now)]
