"""What is listed and which phase it is in, folded from the services' facts."""

from collections.abc import Iterable

from itg.exchange.contract import (
    ExchangeStatus,
    InstrumentDelisted,
    InstrumentListed,
    Instruments,
    PhaseChanged,
)
from itg.kernel.ids import InstrumentId, Shard, UnderlyingId
from itg.kernel.messages import Message, Reply
from itg.kernel.words import Instrument, Phase
from itg.translate.market import instrument_body
from itg.wire.v1.market import InstrumentBody

HEEDED = frozenset({InstrumentListed, InstrumentDelisted, PhaseChanged})


class Listings:
    """Instruments in listing order, and phases."""

    def __init__(self, shards: Iterable[tuple[Shard, UnderlyingId]]) -> None:
        self.underlyings = dict(shards)
        self.instruments: dict[InstrumentId, Instrument] = {}
        self._phases: dict[Shard, Phase] = {}
        self._own_phases: dict[InstrumentId, Phase] = {}

    def learn(self, replies: Iterable[Reply]) -> None:
        """Begin with what the exchanges say."""
        for reply in replies:
            if isinstance(reply, Instruments):
                self.instruments.update((i.instrument_id, i) for i in reply.instruments)
            elif isinstance(reply, ExchangeStatus):
                self._phases[reply.shard] = reply.phase
                self._own_phases.update(reply.instrument_phases)

    def fold(self, event: Message) -> None:
        """Take in a fact."""
        if isinstance(event, InstrumentListed):
            self.instruments[event.instrument.instrument_id] = event.instrument
        elif isinstance(event, InstrumentDelisted):
            self.instruments.pop(event.instrument_id, None)
            self._own_phases.pop(event.instrument_id, None)
        elif isinstance(event, PhaseChanged):
            self._move(event)

    def bodies(self) -> list[InstrumentBody]:
        """Return the instruments as a bot reads them."""
        return [instrument_body(instrument) for instrument in self.instruments.values()]

    def phase_in(self, shard: Shard, instrument_id: InstrumentId) -> Phase:
        """Return the phase of a shard's instrument."""
        return self._own_phases.get(instrument_id) or self._phases[shard]

    def members(self, shard: Shard) -> list[InstrumentId]:
        """Return a shard's instruments."""
        return [i.instrument_id for i in self.instruments.values() if i.shard == shard]

    def _move(self, event: PhaseChanged) -> None:
        if event.instrument_id is None:
            # A move of the whole shard takes along the instruments that were moved on their own.
            self._phases[event.shard] = event.phase
            members = set(self.members(event.shard))
            self._own_phases = {i: p for i, p in self._own_phases.items() if i not in members}
        elif event.phase is self._phases[event.shard]:
            self._own_phases.pop(event.instrument_id, None)
        else:
            self._own_phases[event.instrument_id] = event.phase
