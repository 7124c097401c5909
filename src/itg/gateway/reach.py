"""Which services answer now: beside a pump all of them or none, on nodes each by its own."""

from collections.abc import Mapping

from itg.kernel.ids import Shard
from itg.runtime.calls import Callee
from itg.runtime.followed import FollowedPump
from itg.runtime.joined import JoinedPump
from itg.runtime.pump_port import PumpPort

EXCHANGE, POSITIONS = "exchange", "positions"
_NODE = "node"


class Reach:
    """What of a game a gateway can call; `joined` is the pump where the game is on nodes."""

    def __init__(self, pump: PumpPort) -> None:
        self.joined = pump if isinstance(pump, JoinedPump) else None
        self._pump = pump
        # Who is on an order's way, looked at for each.
        self._trading = [] if self.joined is None else _trading(self.joined)

    @property
    def has_market(self) -> bool:
        """Tell whether nobody on an order's way is missing, as far as this can be told apart."""
        return all([callee.takes_calls for callee in self._trading])  # noqa: C419 - each order

    @property
    def callees(self) -> Mapping[str, Callee]:
        """Return what is called in other processes, by name; nothing beside the pump."""
        if self.joined is not None:
            return self.joined.callees
        return {_NODE: self._pump.callee} if isinstance(self._pump, FollowedPump) else {}

    def to(self, service: str, shard: Shard | None = None) -> bool:
        """Tell whether a service, or its one shard, can be called now."""
        return self._pump.is_live if self.joined is None else self.joined.reaches(service, shard)


def _trading(joined: JoinedPump) -> list[Callee]:
    shards = joined.shards_of(EXCHANGE)
    homes = [joined.home_of(POSITIONS), *(joined.home_of(EXCHANGE, shard) for shard in shards)]
    return [node.callee for node in dict.fromkeys(homes)]
