"""What an internal port refuses: a status, and words that say what would be right."""

from msgspec import Struct


class Refusal(Struct, frozen=True):
    """Why nothing was told."""

    status: int
    detail: str


class RefusedError(Exception):
    """A request that is refused, with its status."""

    def __init__(self, status: int, detail: str) -> None:
        super().__init__(detail)
        self.refusal = Refusal(status, detail)
