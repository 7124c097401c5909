"""A refusal is told twice, by the private channel and by the answer; a bot hears it once."""

from itg.client.commands import BotCommand
from itg.wire.v1.account import RejectedPush
from itg.wire.v1.orders import QuotesRequest

# What the private channel calls the refusal of a method.
REFUSED_AS = {
    "order.place": "order.rejected",
    "order.replace": "order.replace_rejected",
    "order.cancel": "order.cancel_rejected",
}
QUOTE_REFUSED_AS = "quote.rejected"


class Untold:
    """Commands without an answer so far, and which of them the private channel has refused."""

    def __init__(self) -> None:
        self._awaited: set[tuple[str, str]] = set()  # (refused as, key)
        self._unquoted: set[str] = set()  # instruments whose quote the private channel refused

    def expect(self, command: BotCommand) -> None:
        """Note a command that was sent."""
        if command.key:
            self._awaited.add(_refusal_of(command))

    def note_told(self, refused_as: str, rejected: RejectedPush) -> None:
        """Note a refusal that the private channel told."""
        if refused_as == QUOTE_REFUSED_AS and rejected.instrument_id is not None:
            self._unquoted.add(rejected.instrument_id)
        for name in (rejected.client_order_id, rejected.order_id):
            self._awaited.discard((refused_as, str(name)))

    def is_answer_news(self, command: BotCommand) -> bool:
        """Take a command's answer; tell whether a refusal in it has not been told yet."""
        if isinstance(command.params, QuotesRequest):
            # One answer for all its quotes, and a private refusal for each that was refused.
            quoted = {quote.instrument_id for quote in command.params.quotes}
            is_untold = quoted.isdisjoint(self._unquoted)
            self._unquoted -= quoted
            return is_untold
        refusal = _refusal_of(command)
        is_untold = not command.key or refusal in self._awaited
        self._awaited.discard(refusal)
        return is_untold


def _refusal_of(command: BotCommand) -> tuple[str, str]:
    return REFUSED_AS.get(command.method, command.method), command.key
