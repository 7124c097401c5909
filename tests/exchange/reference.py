"""The judge: an exchange written to be obviously right, from the rules and not from the code.

One flat list of orders, in order of arrival at their place in the queue; every question is a scan
over it. Prices are in ticks. Nothing is shared with the engine but the words of the rules.

A command returns facts, tuples that begin with their kind; the campaign translates the engine's
events into the same tuples and compares.
"""

from fractions import Fraction
from typing import Any

from tests.exchange.reference_auction import clearing, left, participants, self_meeting

Fact = tuple[Any, ...]
OPEN_PHASES = ("pre_open", "continuous")


class ReferenceExchange:
    """One instrument, price–time, with phases and the published auction."""

    def __init__(self, previous_close: Fraction | None = None) -> None:
        self.phase = "closed"
        self.queue: list[dict[str, Any]] = []
        self.order_count = 0
        self.last_price: int | None = None
        self.previous_close: Fraction | int | None = previous_close
        self.indicative: Fact | None = None

    # commands ---------------------------------------------------------------------------------

    def place(self, **terms: Any) -> list[Fact]:
        refused = self._placement_fault(terms)
        if refused:
            return [("rejected", refused)]
        order = {**terms, "id": self._new_id(), "filled": 0, "revision": 1, "quote": False}
        facts: list[Fact] = [("accepted", order["id"])]
        if self.phase == "continuous":
            if terms["tif"] == "fok" and self._would_fill(order) < order["quantity"]:
                return [*facts, ("canceled", order["id"], order["quantity"], "not_fillable")]
            self._trade(order, facts)
            left = order["quantity"] - order["filled"]
            if left and not order.get("dead"):
                if order["price"] is None or terms["tif"] in ("ioc", "fok"):
                    facts.append(("canceled", order["id"], left, "no_liquidity"))
                else:
                    self.queue.append(order)
        else:
            self.queue.append(order)
        return facts + self._indication()

    def replace(self, order_id: int, account: str, changes: dict[str, Any]) -> list[Fact]:
        order = self._find(order_id)
        refused = self._replacement_fault(order, order_id, account, changes)
        if refused or order is None:
            return [("replace_rejected", order_id, refused)]
        price = changes.get("price") or order["price"]
        quantity = changes.get("quantity") or order["quantity"]
        keeps = price == order["price"] and quantity < order["quantity"]
        order.update(price=price, quantity=quantity, revision=order["revision"] + 1)
        left = quantity - order["filled"]
        facts: list[Fact] = [
            ("replaced", order_id, order["revision"], price, quantity, left, keeps)
        ]
        if not keeps:
            self.queue.remove(order)
            if self.phase == "continuous":
                self._trade(order, facts)
            if order["quantity"] > order["filled"] and not order.get("dead"):
                self.queue.append(order)
        return facts + self._indication()

    def cancel(self, order_id: int, account: str) -> list[Fact]:
        order = self._find(order_id)
        refused = self._absence(order, order_id, account)
        if refused is None and self.phase not in OPEN_PHASES:
            refused = "WRONG_PHASE"
        if refused or order is None:
            return [("cancel_rejected", order_id, refused)]
        self.queue.remove(order)
        return [self._canceled(order, "requested"), *self._indication()]

    def mass_cancel(self, account: str, side: str | None, *, quotes: bool) -> list[Fact]:
        gone = []
        if self.phase in OPEN_PHASES:
            gone = [
                o
                for o in self.queue
                if o["account"] == account
                and side in (None, o["side"])
                and (quotes or not o["quote"])
            ]
        for order in gone:
            self.queue.remove(order)
        facts = sorted(self._canceled(order, "mass_cancel") for order in gone)
        ids = tuple(sorted(o["id"] for o in gone))
        return [*facts, ("mass_canceled", ids), *self._indication()]

    def quote(self, account: str, stp: str, sides: dict[str, tuple[int, int] | None]) -> list[Fact]:
        refused = self._quote_fault(sides)
        if refused:
            return [("rejected", refused)]
        entering: list[dict[str, Any]] = []
        ids: list[int | None] = []
        for side in ("buy", "sell"):
            held = next(
                (
                    o
                    for o in self.queue
                    if o["quote"] and o["account"] == account and o["side"] == side
                ),
                None,
            )
            terms = sides[side]
            if terms is None:
                if held:
                    self.queue.remove(held)
                ids.append(None)
                continue
            price, quantity = terms
            if held and held["price"] == price and quantity <= held["quantity"] - held["filled"]:
                held["quantity"] = held["filled"] + quantity
                held["stp"] = stp
            elif held:
                self.queue.remove(held)
                held.update(price=price, quantity=held["filled"] + quantity, stp=stp)
                entering.append(held)
            else:
                held = {
                    "id": self._new_id(), "account": account, "side": side, "price": price,
                    "quantity": quantity, "filled": 0, "stp": stp, "quote": True,
                    "post_only": False, "revision": 1,
                }  # fmt: skip
                entering.append(held)
            ids.append(held["id"])
        facts: list[Fact] = [("quoted", *ids)]
        for order in entering:
            if self.phase == "continuous":
                self._trade(order, facts)
            if order["quantity"] > order["filled"] and not order.get("dead"):
                self.queue.append(order)
        return facts + self._indication()

    def move(self, phase: str) -> list[Fact]:
        """Move to a phase on somebody's word, if it is legal."""
        legal = {
            "closed": ("pre_open",),
            "pre_open": ("opening_auction", "continuous", "closed"),
            "opening_auction": ("continuous",),
            "continuous": ("closed",),
        }
        if phase not in legal[self.phase]:
            return [("phase_rejected", "ILLEGAL_PHASE_MOVE")]
        return self.enter(phase)

    def enter(self, phase: str) -> list[Fact]:
        """Enter a phase by the schedule, which may jump."""
        was, self.phase = self.phase, phase
        if phase == was:
            return []
        facts: list[Fact] = [("phase", was, phase)]
        if was == "opening_auction" or (was == "pre_open" and phase == "continuous"):
            self._uncross(facts)
        if phase == "closed":
            facts += sorted(self._canceled(order, "market_closed") for order in self.queue)
            self.queue = []
            self.previous_close, self.last_price = self._reference(), None
            self.indicative = None
        return facts + self._indication()

    def levels(self, side: str) -> list[tuple[int, int, int]]:
        prices = {o["price"] for o in self.queue if o["side"] == side and o["price"] is not None}
        rows = []
        for price in sorted(prices, reverse=side == "buy"):
            at = [o for o in self.queue if o["side"] == side and o["price"] == price]
            rows.append((price, sum(o["quantity"] - o["filled"] for o in at), len(at)))
        return rows

    # faults -----------------------------------------------------------------------------------

    def _placement_fault(self, terms: dict[str, Any]) -> str | None:
        if self.phase not in OPEN_PHASES:
            return "WRONG_PHASE"
        if terms["tif"] in ("ioc", "fok") and self.phase != "continuous":
            return "WRONG_PHASE"
        if terms["quantity"] <= 0:
            return "INVALID_QUANTITY"
        if terms["price"] is None and terms["post_only"]:
            return "POST_ONLY_WOULD_TAKE"
        if terms["post_only"] and terms["tif"] in ("ioc", "fok"):
            return "POST_ONLY_WOULD_TAKE"
        if terms["price"] is not None and terms["price"] < 1:
            return "INVALID_PRICE"
        if terms["post_only"] and self.phase == "continuous" and self._crossing(terms):
            return "POST_ONLY_WOULD_TAKE"
        return None

    def _absence(self, order: dict[str, Any] | None, order_id: int, account: str) -> str | None:
        if order is None and 1 <= order_id <= self.order_count:
            return "ORDER_ALREADY_DONE"
        if order is None or order["account"] != account or order["quote"]:
            return "ORDER_NOT_FOUND"
        return None

    def _replacement_fault(
        self, order: dict[str, Any] | None, order_id: int, account: str, changes: dict[str, Any]
    ) -> str | None:
        refused = self._absence(order, order_id, account)
        if refused or order is None:
            return refused
        if self.phase not in OPEN_PHASES:
            return "WRONG_PHASE"
        if changes.get("revision") not in (None, order["revision"]):
            return "REVISION_MISMATCH"
        if changes.get("quantity") is not None and changes["quantity"] <= order["filled"]:
            return "INVALID_QUANTITY"
        if changes.get("price") is not None and order["price"] is None:
            return "UNEXPECTED_PRICE"
        if changes.get("price") is not None and changes["price"] < 1:
            return "INVALID_PRICE"
        moved = {**order, "price": changes.get("price") or order["price"]}
        if order["post_only"] and self.phase == "continuous" and self._crossing(moved):
            return "POST_ONLY_WOULD_TAKE"
        return None

    def _quote_fault(self, sides: dict[str, tuple[int, int] | None]) -> str | None:
        if self.phase not in OPEN_PHASES:
            return "WRONG_PHASE"
        bid, ask = sides["buy"], sides["sell"]
        for terms in (bid, ask):
            if terms is not None and terms[1] <= 0:
                return "INVALID_QUOTE"
            if terms is not None and terms[0] < 1:
                return "INVALID_PRICE"
        if bid is not None and ask is not None and bid[0] >= ask[0]:
            return "INVALID_QUOTE"
        return None

    # continuous matching ----------------------------------------------------------------------

    def _crossing(self, order: dict[str, Any]) -> list[dict[str, Any]]:
        """Return the resting orders the order meets, in the order it meets them."""
        met = [
            o
            for o in self.queue
            if o["side"] != order["side"]
            and o["price"] is not None
            and (
                order["price"] is None
                or (
                    o["price"] <= order["price"]
                    if order["side"] == "buy"
                    else o["price"] >= order["price"]
                )
            )
        ]
        # The sort is stable: among equal prices the queue's order stands.
        return sorted(met, key=lambda o: o["price"] if order["side"] == "buy" else -o["price"])

    def _would_fill(self, order: dict[str, Any]) -> int:
        total: int = 0
        for maker in self._crossing(order):
            if maker["account"] == order["account"] and order["stp"] != "allow":
                if order["stp"] == "cancel_resting":
                    continue
                break
            total += maker["quantity"] - maker["filled"]
        return min(total, int(order["quantity"]))

    def _trade(self, order: dict[str, Any], facts: list[Fact]) -> None:
        for maker in self._crossing(order):
            left = order["quantity"] - order["filled"]
            if not left:
                return
            if maker["account"] == order["account"] and order["stp"] != "allow":
                if order["stp"] in ("cancel_resting", "cancel_both"):
                    self.queue.remove(maker)
                    facts.append(self._canceled(maker, "self_trade"))
                if order["stp"] in ("cancel_incoming", "cancel_both"):
                    facts.append(self._canceled(order, "self_trade"))
                    order["dead"] = True
                    return
                continue
            self._fill(maker, order, maker["price"], facts)

    def _fill(
        self, maker: dict[str, Any], taker: dict[str, Any], price: int, facts: list[Fact]
    ) -> None:
        quantity = min(o["quantity"] - o["filled"] for o in (maker, taker))
        self._note_trade(maker, taker, (price, quantity), facts)
        if maker["filled"] == maker["quantity"]:
            self.queue.remove(maker)

    def _note_trade(
        self,
        maker: dict[str, Any],
        taker: dict[str, Any],
        terms: tuple[int, int],
        facts: list[Fact],
    ) -> None:
        price, quantity = terms
        maker["filled"] += quantity
        taker["filled"] += quantity
        self.last_price = price
        facts.append(("trade", maker["id"], taker["id"], price, quantity, taker["side"]))

    # auction ----------------------------------------------------------------------------------

    def _reference(self) -> Fraction | int | None:
        return self.previous_close if self.last_price is None else self.last_price

    def _uncross(self, facts: list[Fact]) -> None:
        doomed: list[dict[str, Any]] = []
        while (found := clearing(self.queue, self._reference())) is not None:
            losers = self_meeting(self.queue, found[0])
            if not losers:
                break
            for order, quantity in losers:
                order["doomed"] = order.get("doomed", 0) + quantity
                if order not in doomed:
                    doomed.append(order)
        self.indicative = None
        facts.append(("uncrossed", found))
        if found is not None:
            price, volume, _ = found
            while volume:
                buy = participants(self.queue, "buy", price)[0]
                sell = participants(self.queue, "sell", price)[0]
                later = max(buy, sell, key=self.queue.index)
                earlier = sell if later is buy else buy
                traded = min(left(buy), left(sell))
                volume -= traded
                self._note_trade(earlier, later, (price, traded), facts)
        market = [o for o in self.queue if o["price"] is None and o not in doomed and left(o)]
        for orders, reason in ((doomed, "self_trade"), (market, "no_liquidity")):
            facts += [self._canceled(order, reason) for order in orders]
        gone = [*doomed, *market]
        self.queue = [o for o in self.queue if o not in gone and left(o)]

    def _indication(self) -> list[Fact]:
        if self.phase not in ("pre_open", "opening_auction"):
            return []
        now = clearing(self.queue, self._reference())
        if now == self.indicative:
            return []
        self.indicative = now
        return [("indicative", now)]

    # small things -----------------------------------------------------------------------------

    def _new_id(self) -> int:
        self.order_count += 1
        return self.order_count

    def _find(self, order_id: int) -> dict[str, Any] | None:
        return next((o for o in self.queue if o["id"] == order_id), None)

    def _canceled(self, order: dict[str, Any], reason: str) -> Fact:
        return ("canceled", order["id"], order["quantity"] - order["filled"], reason)
