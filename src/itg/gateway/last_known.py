"""What is told of a service that is down: as it was heard last, and flagged as stale."""

from itg.game.contract import Scores
from itg.gateway.auth import KeyRing
from itg.gateway.directory import Directory
from itg.gateway.feed import Feed
from itg.gateway.reach import Reach
from itg.translate.market import price_bodies
from itg.wire.v1.market import PriceBody

MARKET_DATA, GAME = "market_data", "game"


class LastKnown:
    """Prices and scores by heart; `beat` is called every second or so."""

    def __init__(self, reach: Reach, keys: KeyRing, feed: Feed) -> None:
        self._reach = reach
        self._keys = keys
        self._feed = feed
        self._were_stale = False
        self._scores: dict[int | None, Scores] = {}

    def prices(self, directory: Directory) -> list[PriceBody]:
        """Return the prints of the last step, flagged while market data does not answer."""
        last, is_stale = directory.last_prices, self._are_stale(directory)
        return price_bodies(last.prices, last.game_ns, is_moving=last.is_moving, is_stale=is_stale)

    def beat(self, directory: Directory) -> None:
        """Count how long keys are good without the game; tell `prices` when they become stale."""
        self._keys.note_game(is_reached=self._reach.to(GAME))
        are_stale = self._are_stale(directory)
        if are_stale and not self._were_stale:
            self._feed.tell_prices(self.prices(directory))
        self._were_stale = are_stale

    def note_scores(self, round_id: int | None, scores: Scores) -> None:
        """Keep what was read of a round, None: of the present one."""
        if round_id is None or scores.round is not None:
            self._scores[round_id] = scores

    def scores(self, round_id: int | None) -> Scores | None:
        """Return what was read last, while the game does not answer; None: ask it."""
        return None if self._reach.to(GAME) else self._scores.get(round_id)

    def _are_stale(self, directory: Directory) -> bool:
        return directory.game.rules.has_market and not self._reach.to(MARKET_DATA)
