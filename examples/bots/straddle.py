"""Option maths in a bot: buys a straddle when it looks cheap, and hedges its delta.

itg bot run examples/bots/straddle.py --team "long gamma" --role hedge_fund
"""

from itg.client import Bot
from itg.client.greeks import Option, greeks, implied_vol
from itg.wire.v1.market import InstrumentBody

WEEK_US = 7 * 24 * 3600 * 1_000_000
SESSIONS_A_WEEK = 2  # options age by sessions here, not by nights and weekends
CHEAP = 0.18
LOT = 2
STRADDLES = 20
DELTA_BAND = 8.0


class Straddle(Bot):
    timer_s = 5.0

    def on_timer(self) -> None:
        if self.phases.get("SPX") != "continuous":
            return
        spot = self.prices["SPX"]
        for option in self.at_the_money(spot):
            book = self.books[option.instrument_id]
            if book.ask is None or self.account.net(option.instrument_id) >= STRADDLES:
                continue
            vol = implied_vol(self.terms(option), spot, book.ask[0])
            if vol is not None and vol < CHEAP:
                # Take what is offered, leave nothing behind.
                self.place(option.instrument_id, "buy", LOT, book.ask[0], time_in_force="ioc")
        self.hedge(spot)

    def hedge(self, spot: float) -> None:
        delta = float(self.account.net("SPX"))
        for instrument_id, position in self.account.positions.items():
            instrument = self.instruments[instrument_id]
            if instrument.underlying_id == "SPX" and instrument.strike is not None:
                delta += position.net_quantity * greeks(self.terms(instrument), spot, CHEAP).delta
        if abs(delta) > DELTA_BAND:
            self.place("SPX", "sell" if delta > 0 else "buy", round(abs(delta)))

    def at_the_money(self, spot: float) -> list[InstrumentBody]:
        options = [
            i
            for i in self.instruments.values()
            if i.underlying_id == "SPX" and i.strike is not None
        ]
        options.sort(key=lambda i: (i.expires_us or 0, abs((i.strike or 0.0) - spot)))
        return options[:2]  # call and put of the nearest expiry and strike

    def terms(self, option: InstrumentBody) -> Option:
        weeks = ((option.expires_us or 0) - self.now_us) / WEEK_US
        years = max(weeks * SESSIONS_A_WEEK, 0.5) / 252
        return Option(option.right or "call", option.strike or 0.0, years)
