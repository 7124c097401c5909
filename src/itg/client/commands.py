"""What a bot asks for, and the lanes in which it waits for its rate budget.

A hook never waits: it leaves commands here. They leave again in order, each kind as fast as its
budget refills on the game clock; cancels never queue behind orders. A quote that waits is replaced
by a later one for the same instrument, for only the newest is worth sending.
"""

from collections import deque
from itertools import islice

from msgspec import Struct

from itg.client.pacing import Pacer
from itg.wire.v1.orders import QuoteRequest, QuotesRequest

ORDERS = "orders"
CANCELS = "cancels"
QUOTES = "quotes"
FREE = ""  # never metered: mass cancels and pulls

WAITING_MAX = 256  # orders in a lane; who sends faster than the budget for long is told
QUOTES_PER_REQUEST = 200
RELEASED_MAX = 128  # at a time; the server stops reading a socket with too many open requests


class BotCommand(Struct, frozen=True, gc=False, kw_only=True):
    """One request of a bot; `key` names what it is about, to match a refusal with it."""

    method: str
    params: Struct
    key: str = ""


class Lanes:
    """Commands that wait, by kind."""

    def __init__(self) -> None:
        self._lanes: dict[str, deque[BotCommand]] = {
            FREE: deque(),
            CANCELS: deque(),
            ORDERS: deque(),
        }
        self._quotes: dict[str, QuoteRequest] = {}
        self.quotes_post_only = False

    def add(self, kind: str, command: BotCommand) -> bool:
        """Queue a command; False when its lane is full."""
        lane = self._lanes[kind]
        if len(lane) >= WAITING_MAX:
            return False
        lane.append(command)
        return True

    def add_quote(self, quote: QuoteRequest) -> None:
        """Queue a quote in place of one that waits for the same instrument."""
        self._quotes.pop(quote.instrument_id, None)
        self._quotes[quote.instrument_id] = quote

    def drop_quotes(self, instrument_id: str | None) -> None:
        """Forget waiting quotes in one instrument, or all: pulled before they were sent."""
        if instrument_id is None:
            self._quotes.clear()
        else:
            self._quotes.pop(instrument_id, None)

    def release(self, pacer: Pacer, game_us: int) -> list[BotCommand]:
        """Take out what may be sent now: free commands, cancels, orders, quotes."""
        released: list[BotCommand] = []
        for kind, lane in self._lanes.items():
            while lane and len(released) < RELEASED_MAX and pacer.take(kind, 1, game_us):
                released.append(lane.popleft())
        if self._quotes:
            released += self._release_quotes(pacer, game_us)
        return released

    def __len__(self) -> int:
        return len(self._quotes) + sum(len(lane) for lane in self._lanes.values())

    def _release_quotes(self, pacer: Pacer, game_us: int) -> list[BotCommand]:
        affordable = pacer.available(QUOTES, game_us)
        count = len(self._quotes) if affordable is None else affordable
        sending = list(islice(self._quotes.values(), min(count, QUOTES_PER_REQUEST)))
        if not sending or not pacer.take(QUOTES, len(sending), game_us):
            return []
        for quote in sending:
            del self._quotes[quote.instrument_id]
        # A bot speaks of one instrument at a time: what it does not name stays.
        params = QuotesRequest(quotes=sending, others="keep", post_only=self.quotes_post_only)
        return [BotCommand(method="quote.set", params=params)]
