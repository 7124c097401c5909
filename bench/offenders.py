"""Bots that do what surveillance must find: one class a kind, blatant or subtle by its terms.

They use the public SDK alone. What two of them agree on beforehand they hold in one object, as two
people would on the telephone.
"""

from typing import Literal

from itg.client.bot import Bot
from itg.client.session import OrderTerms
from itg.wire.v1.account import FillPush
from itg.wire.v1.orders import SideWord

TICK = 0.01
Manner = Literal["blatant", "subtle"]


class Offender(Bot):
    """Acts once a second of continuous trading, in its own instruments."""

    timer_s = 1.0
    follows_marks = True

    def __init__(self, *, seed: int = 0, manner: Manner = "blatant") -> None:
        super().__init__(seed=seed)
        self.is_blatant = manner == "blatant"
        self.name = ""
        self.has_acted = True  # False: the market gave no chance to
        self.rings = 0
        self._began_us = 0

    def on_timer(self) -> None:
        """Act in continuous trading; seconds count from its begin, halts included."""
        if self.phases and set(self.phases.values()) == {"continuous"}:
            self._began_us = self._began_us or self.now_us
            self.rings += 1
            self.act((self.now_us - self._began_us) // 1_000_000)

    def act(self, second: int) -> None:
        """Do what this bot does."""

    def options(self) -> list[str]:
        """Return the marked options worth enough to have room between bid and ask."""
        names = sorted(self.instruments)
        return [n for n in names if n in self.marks and self.marks[n].mark_price >= 2.0]

    def chosen(self) -> str:
        """Return the option this bot works in, one of those worth about 30; "" for none."""
        if self.name not in self.marks:
            near = sorted(self.options(), key=lambda n: abs(self.marks[n].mark_price - 30.0))[:24]
            self.name = near[self.seed % len(near)] if near else ""
        return self.name

    def between(self, name: str) -> float | None:
        """Return a price inside the spread, None where there is no room."""
        book = self.books[name]
        if book.bid is None or book.ask is None or book.ask[0] - book.bid[0] < 4 * TICK:
            return None
        return round((book.bid[0] + book.ask[0]) / 2, 2)


class SelfTrader(Offender):
    """Sells to itself what it bids for; unless it says `allow` the exchange does not let it."""

    def __init__(
        self, *, seed: int = 0, manner: Manner = "blatant", is_allowed: bool = True
    ) -> None:
        super().__init__(seed=seed, manner=manner)
        self.terms: OrderTerms = {"stp": "allow"} if is_allowed else {}
        self.price: float | None = None

    def act(self, second: int) -> None:
        """Bid inside the spread, and sell there a second later."""
        beat = second % (10 if self.is_blatant else 60)
        if beat == 3:
            self._bid()
        elif beat == 4 and self.price is not None and self.name in self.instruments:
            quantity = 10 if self.is_blatant else 2
            terms: OrderTerms = {"time_in_force": "ioc", **self.terms}
            self.place(self.name, "sell", quantity, self.price, **terms)
        elif beat == 6:
            self.cancel_all()

    def _bid(self) -> None:
        name = self.chosen()
        self.price = self.between(name) if name else None
        if self.price is not None:
            self.place(self.name, "buy", 10 if self.is_blatant else 2, self.price, **self.terms)


class Agreement:
    """What two bots have agreed on: an instrument, a price, a quantity, and who begins."""

    def __init__(self) -> None:
        self.name = ""
        self.price = 0.0
        self.quantity = 0
        self.side: SideWord = "buy"
        self.is_up = False


class Washer(Offender):
    """One of two who trade to and fro: the first shows, the second takes."""

    def __init__(
        self, agreement: Agreement, *, seed: int = 0, manner: Manner = "blatant", leads: bool
    ) -> None:
        super().__init__(seed=seed, manner=manner)
        self.agreement = agreement
        self.leads = leads

    def act(self, second: int) -> None:
        """Turn the direction with every trade."""
        period = 6 if self.is_blatant else 45
        beat = second % period
        if self.leads and beat == 1:
            self._show()
        elif self.leads and beat == 5:
            self.cancel_all()
        elif not self.leads and beat in {2, 3} and self.agreement.is_up:
            self._take()

    def _show(self) -> None:
        deal, name = self.agreement, self.chosen()
        price = self.between(name) if name else None
        if price is None:
            return
        deal.name, deal.price = name, price
        held = self.account.net(name)
        deal.side = "sell" if held > 0 else "buy"
        deal.quantity = abs(held) or (10 if self.is_blatant else 3 + self.dice.below(2))
        deal.is_up = True
        self.place(deal.name, deal.side, deal.quantity, deal.price)

    def _take(self) -> None:
        deal = self.agreement
        deal.is_up = False
        side: SideWord = "sell" if deal.side == "buy" else "buy"
        self.place(deal.name, side, deal.quantity, deal.price, time_in_force="ioc")


class Transferor(Offender):
    """One of two who move money: where the book is wide the first bids low, the second sells."""

    def __init__(
        self, agreement: Agreement, *, seed: int = 0, manner: Manner = "blatant", leads: bool
    ) -> None:
        super().__init__(seed=seed, manner=manner)
        self.agreement = agreement
        self.leads = leads

    def act(self, second: int) -> None:
        """Look for a wide book, and use it."""
        period = 5 if self.is_blatant else 20
        if self.leads and second % period == 1:
            self._show()
        elif self.leads and second % period == 4:
            self.cancel_all()
        elif not self.leads and self.agreement.is_up:
            self._take()

    def _show(self) -> None:
        deal = self.agreement
        found = [(off, name, side) for name in self.options() for off, side in self._room(name)]
        if not found:
            return
        off, deal.name, deal.side = max(found)
        mark = self.marks[deal.name].mark_price
        share = 0.98 if self.is_blatant else 0.9
        away = max(off * share, 0.054 * mark)
        deal.price = round(mark - away if deal.side == "buy" else mark + away, 2)
        deal.quantity = 20 if self.is_blatant else 5
        deal.is_up = True
        self.place(deal.name, deal.side, deal.quantity, deal.price)

    def _room(self, name: str) -> list[tuple[float, SideWord]]:
        # How far from the mark one may bid (or ask) and still be the best.
        mark, book = self.marks[name].mark_price, self.books[name]
        bid = book.bid[0] if book.bid is not None else 0.82 * mark
        ask = book.ask[0] if book.ask is not None else 1.18 * mark
        net = self.account.net(name)
        sides: list[tuple[float, SideWord]] = []
        if mark - bid - TICK > 0.056 * mark and net < 60:
            sides.append((mark - bid - TICK, "buy"))
        if ask - mark - TICK > 0.056 * mark and net > -60:
            sides.append((ask - mark - TICK, "sell"))
        return sides

    def _take(self) -> None:
        deal = self.agreement
        deal.is_up = False
        side: SideWord = "sell" if deal.side == "buy" else "buy"
        quantity = deal.quantity if self.is_blatant else deal.quantity + self.dice.below(2)
        self.place(deal.name, side, quantity, deal.price, time_in_force="ioc")


class Layerer(Offender):
    """Shows offers above the market, buys, and withdraws them."""

    def act(self, second: int) -> None:
        """Offer in layers, lift the ask below them, take the offers away."""
        period = 20 if self.is_blatant else 60
        beat = second % period
        if beat == 2:
            self._layer()
        elif beat == 5:
            self._fill()
        elif beat == (6 if self.is_blatant else 7):
            self.cancel_all(side="sell")

    def _layer(self) -> None:
        name = self.chosen()
        ask = self.books[name].ask if name else None
        if ask is None:
            return
        for layer in range(5 if self.is_blatant else 3):
            price = round(ask[0] * (1.02 + 0.01 * layer), 2)
            self.place(name, "sell", 15 if self.is_blatant else 5, price)

    def _fill(self) -> None:
        ask = self.books[self.name].ask if self.name in self.books else None
        if ask is not None:
            quantity = 5 if self.is_blatant else 3
            self.place(self.name, "buy", quantity, ask[0], time_in_force="ioc")


class Stuffer(Offender):
    """Sends orders behind the market and cancels them with the next step."""

    timer_s = 0.25

    def act(self, second: int) -> None:
        """Cancel what stands, send more; the subtle one in bursts of ten seconds a minute."""
        for order_id in list(self.account.orders):
            self.cancel(order_id)
        if not self.is_blatant and second % 60 >= 12:
            return
        options = self.options()
        for _ in range(2 if self.is_blatant else 1):
            if options:
                name = options[self.dice.below(len(options))]
                price = max(round(self.marks[name].mark_price * 0.85, 2), TICK)
                self.place(name, "buy", 1, price)


class Flickerer(Offender):
    """A maker whose quotes jump to and fro with every step of the market."""

    timer_s = 0.25

    def act(self, second: int) -> None:
        """Move the quotes of twenty series by two ticks."""
        options = self.options()
        for name in options[: 20 if self.is_blatant else 3]:
            mark = self.marks[name].mark_price
            shift = 2 * TICK * (self.rings % 2)
            half = 0.045 * mark
            bid, ask = round(mark - half + shift, 2), round(mark + half - 0.02 + shift, 2)
            self.quote(name, bid=(bid, 10), ask=(ask, 10))


class CloseMarker(Offender):
    """Holds a position and buys all there is in the last seconds."""

    def __init__(self, *, seed: int = 0, manner: Manner = "blatant", session_s: int = 900) -> None:
        super().__init__(seed=seed, manner=manner)
        self.session_s = session_s
        self.has_acted = False
        self.is_pushing = False

    def options(self) -> list[str]:
        """Return those of the last expiry: they do not become worthless within the session."""
        names = super().options()
        last = max((name.split("-")[1] for name in names), default="")
        return [name for name in names if name.split("-")[1] == last]

    def act(self, second: int) -> None:
        """Build the position in the middle of the session, push at its end."""
        if not self.chosen():
            return
        wanted = 40 if self.is_blatant else 20
        is_building = 200 < second < self.session_s - 150
        if is_building and second % 3 == 0 and self.account.net(self.name) < wanted:
            self._take(5, 0.08)
        elif second >= self.session_s - (8 if self.is_blatant else 6):
            self.is_pushing = True
            self._take(40 if self.is_blatant else 20, 0.18)

    def on_fill(self, fill: FillPush) -> None:
        """Note that something was there to take at the end."""
        self.has_acted = self.has_acted or self.is_pushing

    def _take(self, quantity: int, reach: float) -> None:
        price = round(self.marks[self.name].mark_price * (1.0 + reach), 2)
        self.place(self.name, "buy", quantity, price, time_in_force="ioc")
