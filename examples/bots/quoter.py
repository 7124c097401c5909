"""A first market maker: quotes the series nearest to spot around the market's middle.

It needs a market maker's team, for two-sided quotes are theirs:

    itg bot run examples/bots/quoter.py --team "first quotes" --role market_maker
"""

from itg.client import Bot
from itg.client.book import Book

WIDTH = 0.08  # of the middle; the widest allowed is 10 %
QUANTITY = 10  # the least allowed
SERIES = 8
TICK = 0.01


class Quoter(Bot):
    timer_s = 2.0  # of game time

    def on_timer(self) -> None:
        for instrument_id in self.nearest():
            # Moving a quote gives up its place in the queue: only when the market has moved.
            middle = self.middle(self.books[instrument_id])
            if middle is not None and middle > 0.5 and self.has_moved(instrument_id, middle):
                lean = -0.2 * WIDTH * middle * self.account.net(instrument_id) / 50
                half = WIDTH * middle / 2
                self.quote(
                    instrument_id,
                    bid=(self.tick(middle + lean - half), QUANTITY),
                    ask=(self.tick(middle + lean + half), QUANTITY),
                )

    def nearest(self) -> list[str]:
        options = [i for i in self.instruments.values() if i.strike is not None]
        options.sort(key=lambda i: abs((i.strike or 0.0) / self.prices[i.underlying_id] - 1.0))
        return [i.instrument_id for i in options[:SERIES]]

    def middle(self, book: Book) -> float | None:
        quote = self.account.quotes.get(book.instrument_id)
        bid, ask = book.bid, book.ask
        if bid is None or ask is None:
            return None
        # Our own quote at the top says nothing about what others think.
        if quote is not None and quote.bid == bid[0] and quote.ask == ask[0]:
            return None
        return book.mid

    def has_moved(self, instrument_id: str, middle: float) -> bool:
        quote = self.account.quotes.get(instrument_id)
        if quote is None or quote.bid is None or quote.ask is None:
            return abs(self.account.net(instrument_id)) < 40
        return abs((quote.bid + quote.ask) / 2 - middle) > WIDTH * middle / 4

    def tick(self, price: float) -> float:
        return round(round(price / TICK) * TICK, 2)
