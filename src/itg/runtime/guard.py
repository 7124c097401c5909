"""Stop at the first fault instead of unwinding into an event loop that would carry on."""

from collections.abc import Callable
from types import TracebackType


class Guard:
    """A context that hands an `Exception` to `on_failure` and swallows it; others pass."""

    __slots__ = ("_on_failure",)

    def __init__(self, on_failure: Callable[[Exception], object]) -> None:
        self._on_failure = on_failure

    def __enter__(self) -> None:
        pass

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        _traceback: TracebackType | None,
    ) -> bool:
        if not isinstance(error, Exception):
            return False
        self._on_failure(error)
        return True
