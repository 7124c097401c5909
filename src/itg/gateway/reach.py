"""Which services answer now: beside a pump all of them or none, on nodes each by its own."""

from collections.abc import Mapping

from itg.kernel.ids import Shard
from itg.runtime.calls import Callee
from itg.runtime.followed import FollowedPump
from itg.runtime.joined import JoinedPump
from itg.runtime.pump_port import PumpPort

_NODE = "node"


class Reach:
    """What of a game a gateway can call; `joined` is the pump where the game is on nodes."""

    def __init__(self, pump: PumpPort) -> None:
        self.joined = pump if isinstance(pump, JoinedPump) else None
        self._pump = pump

    @property
    def is_whole(self) -> bool:
        """Tell whether nothing is missing, as far as this gateway can say of the single parts."""
        joined = self.joined
        return joined is None or all(callee.takes_calls for callee in joined.callees.values())

    @property
    def callees(self) -> Mapping[str, Callee]:
        """Return what is called in other processes, by name; nothing beside the pump."""
        if self.joined is not None:
            return self.joined.callees
        return {_NODE: self._pump.callee} if isinstance(self._pump, FollowedPump) else {}

    def to(self, service: str, shard: Shard | None = None) -> bool:
        """Tell whether a service, or its one shard, can be called now."""
        return self._pump.is_live if self.joined is None else self.joined.reaches(service, shard)
