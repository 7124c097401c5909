"""The order lane: the routes that bots use every moment, found without a framework's help."""

from collections.abc import Iterable

from litestar.types import HTTPScope

from itg.gateway.operations import Operation

# Placing, canceling and replacing; everything else takes the ordinary way.
_FAST = frozenset({"order.place", "order.cancel", "order.replace"})
_VERSION = "/v1"

Found = tuple[Operation, dict[str, str]]


class OrderLane:
    """Finds the operation of a path: `/exchange/orders`, or that and one order's id."""

    def __init__(self, operations: Iterable[Operation]) -> None:
        self._whole: dict[tuple[str, str], Operation] = {}
        self._below: dict[tuple[str, str], tuple[Operation, str]] = {}
        for operation in operations:
            route = operation.route
            if route.name not in _FAST:
                continue
            if not route.path_fields:
                self._whole[route.method, route.path] = operation
            else:
                parent = route.path.rpartition("/")[0]
                self._below[route.method, parent] = (operation, route.path_fields[0])

    def find(self, scope: HTTPScope) -> Found | None:
        """Return an operation and its path's values, None if the path is not of the lane."""
        path = scope["path"].removeprefix(_VERSION)
        whole = self._whole.get((scope["method"], path))
        if whole is not None:
            return whole, {}
        parent, _, last = path.rpartition("/")
        below = self._below.get((scope["method"], parent))
        return None if below is None or not last else (below[0], {below[1]: last})
