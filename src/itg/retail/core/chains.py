"""What can be ordered now, arranged so that an order is drawn without a search.

The arrangement is derived from listings, prices known and expiries passed: it is no state, and is
made anew only when one of them changed.
"""

from collections.abc import Mapping

from itg.kernel.ids import InstrumentId, UnderlyingId
from itg.kernel.money import Price
from itg.kernel.times import Nanos
from itg.kernel.words import Instrument, OptionRight
from itg.retail.core.listings import Listings

Chain = list[tuple[int, Instrument]]  # strike and series, in listing order
_NEVER = Nanos(1 << 62)


class Market:
    """The priced, open options by underlying, right and expiry (nearest first)."""

    __slots__ = ("_keys", "_until_ns", "_version", "chains", "listings", "spots", "theories")

    def __init__(self) -> None:
        self.chains: dict[UnderlyingId, dict[OptionRight, list[Chain]]] = {}
        self.listings = Listings()
        self.spots: Mapping[UnderlyingId, Price] = {}
        self.theories: Mapping[InstrumentId, Price] = {}
        self._keys: tuple[frozenset[UnderlyingId], frozenset[InstrumentId]] | None = None
        self._until_ns = Nanos(0)
        self._version = 0

    def look(
        self,
        now: Nanos,
        listings: Listings,
        spots: Mapping[UnderlyingId, Price],
        theories: Mapping[InstrumentId, Price],
    ) -> "Market":
        """Return the market as it is now."""
        is_known = (
            self.listings is listings
            and self._version == listings.version
            and now < self._until_ns
            and self._keys is not None
            and spots.keys() == self._keys[0]
            and theories.keys() == self._keys[1]
        )
        self.listings, self.spots, self.theories = listings, spots, theories
        if not is_known:
            self._arrange(now)
        return self

    def _arrange(self, now: Nanos) -> None:
        options = [
            o
            for o in self.listings.open_options(now)
            if o.instrument_id in self.theories and o.underlying_id in self.spots
        ]
        self._keys = (frozenset(self.spots), frozenset(self.theories))
        self._version = self.listings.version
        self._until_ns = min((o.option.expires_ns for o in options if o.option), default=_NEVER)
        self.chains = {
            underlying_id: _by_right([o for o in options if o.underlying_id == underlying_id])
            for underlying_id in dict.fromkeys(o.underlying_id for o in options)
        }


def _by_right(options: list[Instrument]) -> dict[OptionRight, list[Chain]]:
    # Who asks for a right that is not listed gets what there is.
    return {
        right: _by_expiry([o for o in options if o.option and o.option.right is right] or options)
        for right in OptionRight
    }


def _by_expiry(options: list[Instrument]) -> list[Chain]:
    chains: dict[int, Chain] = {}
    for option in options:
        assert option.option
        expiry = chains.setdefault(option.option.expires_ns, [])
        expiry.append((option.option.strike, option))
    return [chains[expires_ns] for expires_ns in sorted(chains)]
