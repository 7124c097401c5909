"""Random trading of four accounts with every promise of positions checked after every input."""

from collections import Counter
from collections.abc import Sequence

import msgspec
from tests.positions.day import ACCOUNTS, INSTRUMENTS, PHASES, SHORT_PHASES, TIFS, Day
from tests.positions.organizer import Organizer
from tests.positions.scene import (
    ALICE,
    BOB,
    CAROL,
    DAVE,
    NAMES,
    marks,
    of,
    only,
    order,
    quotes,
)

from itg.exchange.contract import SetQuote
from itg.kernel.ids import AccountId, OrderId
from itg.kernel.money import Cash, Price
from itg.kernel.times import NS_PER_MS, NS_PER_S, Nanos
from itg.kernel.words import CancelReason, InFreeze, Phase
from itg.positions.contract import (
    AccountQuoteRejected,
    QuotesHandled,
    QuoteState,
    QuoteTerms,
    RequestCancel,
    RequestMassCancel,
    RequestQuotePull,
    ReserveQuotes,
    ReserveReplace,
    ResetQuoteProtection,
    SetKillSwitch,
    SetQuoteProtection,
    fold_answer,
)
from itg.positions.service import PositionsService
from itg.runtime.service import Service


class Campaign(Day):
    """One seed's days; `counts` says what it met. Traders of odd seeds work one side at a time."""

    def __init__(self, seed: int, shards: Sequence[Service] | None = None) -> None:
        super().__init__(seed, shards)
        self.organizer = Organizer(self)
        for name in NAMES:
            self.mark_at(name, "10.00")

    def run(self, commands: int) -> Counter[str]:
        for _ in range(commands):
            self.step()
        return self.counts

    def step(self) -> None:
        account_id = ACCOUNTS[self.rng.below(4)]
        if PHASES[self.phase] in SHORT_PHASES and self.rng.below(4) == 0:
            self.move_phase(account_id)
        acts = (
            (self.place, 50),
            (self.replace, 10),
            (self.cancel, 8),
            (self.quote, 12),
            (self.repeat, 6),
            (self.mass_cancel, 2),
            (self.pull, 2),
            (self.mark, 6),
            (self.move_phase, 2),
            (self.restart, 1),
            (self.protect, 2),
            (self.kill, 1),
            (self.organizer.act, 5),
        )
        act, _ = acts[self.rng.choose([weight for _, weight in acts])]
        act(account_id)
        self.check()

    def price(self) -> str:
        return f"{9 + self.rng.below(3)}.{self.rng.below(10)}0"

    def place(self, account_id: AccountId) -> None:
        rng = self.rng
        self.number += 1
        is_market, is_stop = rng.below(8) == 0, rng.below(6) == 0
        tif = TIFS[rng.below(len(TIFS))] if not is_market else None
        if is_stop and tif in ("opg", "cls"):
            tif = None
        placed = order(
            account_id,
            "buy" if rng.below(2) else "sell",
            rng.below(12) + (0 if rng.below(30) == 0 else 1),
            None if is_market else self.price(),
            INSTRUMENTS[rng.below(4)],
            tif=tif,
            cid=f"c-{self.number}" if rng.below(2) else None,
            stp=(None, "cancel_incoming", "cancel_resting", "cancel_both", "allow")[rng.below(5)],
            stop=self.price() if is_stop else None,
            display=1 if not is_stop and tif == "day" else None,
            expires_ns=self.market.now + rng.below(900) * NS_PER_MS + NS_PER_S
            if tif == "gtt"
            else None,
        )
        mirror = self.mirrors[account_id]
        is_loss_stopped = mirror.stops.is_loss_stopped
        reducing = mirror.reducing(placed.instrument_id, placed.side)
        first = fold_answer(self.send(placed), account_id)
        assert first is not None
        if is_loss_stopped and first.order is not None:
            assert placed.quantity <= reducing
            self.counts["reduced after the loss stop"] += 1
        refused_for_rate = first.refusal is not None and first.refusal.retry_after_ms is not None
        if placed.client_order_id is not None and not refused_for_rate:
            self.answers[account_id, placed.client_order_id] = placed, first

    def repeat(self, account_id: AccountId) -> None:
        if not self.answers:
            return
        keys = list(self.answers)
        placed, first = self.answers[keys[self.rng.below(len(keys))]]
        told = self.send(placed)
        assert fold_answer(told, placed.account_id) == msgspec.structs.replace(
            first, is_repeated=True
        )
        self.counts["repeat"] += 1

    def some_order(self, account_id: AccountId) -> OrderId | None:
        mirror = self.mirrors[account_id]
        pool = (
            list(mirror.orders)
            if self.rng.below(5) == 0
            else [working.order_id for working in mirror.working()]
        )
        return pool[self.rng.below(len(pool))] if pool else None

    def replace(self, account_id: AccountId) -> None:
        order_id = self.some_order(account_id)
        if order_id is not None:
            price = Price((90 + self.rng.below(30)) * 1000)
            self.send(
                ReserveReplace(
                    account_id=account_id,
                    order_id=order_id,
                    price=price if self.rng.below(2) else None,
                    quantity=self.rng.below(25) + 1 if self.rng.below(2) else None,
                    expected_revision=1 if self.rng.below(4) == 0 else None,
                )
            )

    def cancel(self, account_id: AccountId) -> None:
        order_id = self.some_order(account_id)
        if order_id is not None:
            self.send(RequestCancel(account_id=account_id, order_id=order_id))

    def quote(self, account_id: AccountId) -> None:
        rng = self.rng
        if account_id in (ALICE, BOB) and rng.below(8):
            account_id = (CAROL, DAVE)[rng.below(2)]
        terms = []
        for instrument_id in INSTRUMENTS[: rng.below(4) + 1]:
            bid = Price((85 + rng.below(25)) * 1000) if rng.below(4) else None
            ask = Price((90 + rng.below(30)) * 1000) if rng.below(4) else None
            terms.append(
                QuoteTerms(
                    instrument_id=instrument_id,
                    bid=bid,
                    bid_quantity=0 if bid is None else rng.below(15) + 1,
                    ask=ask,
                    ask_quantity=0 if ask is None else rng.below(15) + 1,
                )
            )
        asked = msgspec.structs.replace(
            quotes(account_id, *terms), pull_others=self.rng.below(4) == 0
        )
        told = self.send(asked)
        if asked.pull_others and not self.is_frozen and not of(AccountQuoteRejected, told):
            self.check_quoted(account_id, asked)

    def check_quoted(self, account_id: AccountId, asked: ReserveQuotes) -> None:
        """Hold "my quotes are now …" against what stands, and against asking the same again."""
        standing = self.mirrors[account_id].quotes
        named = {terms.instrument_id for terms in asked.quotes}
        assert all(
            i in named for i, quote in standing.items() if quote.bid_quantity or quote.ask_quantity
        )
        is_as_asked = all(is_as(standing.get(t.instrument_id), t) for t in asked.quotes)
        told = self.market.send(asked)  # at the same instant
        self.hear(told)
        if is_as_asked:
            assert not of(SetQuote, told)
            assert only(QuotesHandled, told).accepted == len(asked.quotes)
            self.counts["quotes as they stand"] += 1

    def mass_cancel(self, account_id: AccountId) -> None:
        chosen = INSTRUMENTS[self.rng.below(4)] if self.rng.below(2) else None
        self.send(
            RequestMassCancel(
                account_id=account_id,
                instrument_id=chosen,
                quotes=self.rng.below(2) == 0,
                reason=CancelReason.DISCONNECTED,
                in_freeze=(InFreeze.SKIP, InFreeze.DEFER, InFreeze.ACT)[self.rng.below(3)],
            )
        )

    def protect(self, account_id: AccountId) -> None:
        protection = self.mirrors[account_id].stops.protection
        act = self.rng.below(4)
        if protection is None or act == 0:
            limit = None if act == 0 else 6
            window_ns = Nanos(NS_PER_S)
            self.send(
                SetQuoteProtection(account_id=account_id, window_ns=window_ns, contracts_max=limit)
            )
        else:
            self.send(ResetQuoteProtection(account_id=account_id))

    def kill(self, account_id: AccountId) -> None:
        # Whatever it was is released in the same breath more often than not.
        everybody = self.rng.below(3) == 0
        whom = None if everybody else account_id
        self.send(SetKillSwitch(account_id=whom, by_organizer=everybody))
        for killed in ACCOUNTS if everybody else (account_id,):
            assert not self.mirrors[killed].working()
        for _ in range(self.rng.below(4)):
            self.place(account_id)
        self.send(SetKillSwitch(account_id=whom, is_active=False, by_organizer=everybody))

    def pull(self, account_id: AccountId) -> None:
        self.send(RequestQuotePull(account_id=account_id))

    def mark(self, account_id: AccountId) -> None:
        self.mark_at(list(NAMES)[self.rng.below(4)], self.price())

    def mark_at(self, name: str, price: str) -> None:
        self.tick()
        message = marks(500_000 - self.rng.below(1_000_000), **{name: price})
        self.prices[NAMES[name]] = message.marks[0].mark_price
        self.hear(self.market.send(message))

    def move_phase(self, account_id: AccountId) -> None:
        self.phase = (self.phase + 1) % len(PHASES)
        if PHASES[self.phase] is Phase.PRE_OPEN:
            self.organizer.relist()
            self.answers.clear()
            for mirror in self.mirrors.values():
                mirror.stops.begin_day()
                self.day_equity[mirror.account_id] = Cash(self.equity(mirror.account_id))
        self.hear(self.market.enter(PHASES[self.phase]))

    def restart(self, account_id: AccountId) -> None:
        market = self.market
        data = market.positions.snapshot()
        market.positions = PositionsService()
        market.positions.restore(data)
        assert market.positions.snapshot() == data
        self.counts["restart"] += 1


def is_as(standing: QuoteState | None, terms: QuoteTerms) -> bool:
    if standing is None:
        return False
    sides = (standing.bid, standing.bid_quantity, standing.ask, standing.ask_quantity)
    return sides == (terms.bid, terms.bid_quantity, terms.ask, terms.ask_quantity)
