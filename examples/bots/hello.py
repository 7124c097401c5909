"""The smallest bot that trades: it buys one at the money, and says what happens.

Run it:  itg bot run examples/bots/hello.py --team "hello world"
"""

from itg.client import Bot
from itg.wire.v1.account import FillPush, RejectedPush
from itg.wire.v1.market import PhasePush


class Hello(Bot):
    wants_one = True

    def on_start(self) -> None:
        print(f"playing {self.role} with {len(self.instruments)} instruments at {self.prices}")
        for underlying_id, phase in self.phases.items():
            print(f"{underlying_id} is {phase}")
            if phase == "continuous":
                self.buy_at_the_money(underlying_id)

    def on_phase(self, phase: PhasePush) -> None:
        if phase.instrument_id is not None:
            return  # of one series alone: the result of its auction
        print(f"{phase.underlying_id} is now {phase.phase}")
        if phase.phase == "continuous":
            self.buy_at_the_money(phase.underlying_id)

    def buy_at_the_money(self, underlying_id: str) -> None:
        spot = self.prices[underlying_id]
        calls = [
            i
            for i in self.instruments.values()
            if i.underlying_id == underlying_id and i.right == "call" and i.strike is not None
        ]
        if not calls or not self.wants_one:
            return
        self.wants_one = False
        nearest = min(calls, key=lambda call: abs((call.strike or 0.0) - spot))
        # No hook waits for an answer: what became of the order arrives in on_fill or on_reject.
        self.place(nearest.instrument_id, "buy", 1)

    def on_fill(self, fill: FillPush) -> None:
        print(f"{fill.side} {fill.last_quantity} {fill.instrument_id} at {fill.last_price}")

    def on_reject(self, rejected: RejectedPush) -> None:
        print(f"refused: {rejected.code}, {rejected.detail}")

    def on_stop(self) -> None:
        held = {name: p.net_quantity for name, p in self.account.positions.items()}
        print(f"done, holding {held} and {self.account.cash:,.2f} in cash")
