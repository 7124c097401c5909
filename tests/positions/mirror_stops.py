"""What stops an account and what is watched of it, as its own events tell it."""

from itg.positions.contract import (
    AccountKillSwitchChanged,
    AccountLimitBreached,
    AccountLimitCleared,
    AccountLossStopped,
    AccountProtectionChanged,
    Fill,
    PrivateEvent,
    QuoteProtection,
)


class Stops:
    """Kill switch, loss stop, protection and delta episodes folded from events."""

    def __init__(self) -> None:
        self.is_killed = False
        self.is_loss_stopped = False
        self.breached: set[str] = set()  # kinds
        self.protection: QuoteProtection | None = None
        self.fills: list[tuple[int, int]] = []  # game time, contracts of quote fills

    def begin_day(self) -> None:
        self.is_loss_stopped = False

    def hear(self, event: PrivateEvent) -> None:
        if isinstance(event, AccountKillSwitchChanged):
            self.is_killed = event.is_active
        elif isinstance(event, AccountLossStopped):
            assert not self.is_loss_stopped, "once a day"
            assert event.session_pnl <= -event.limit
            self.is_loss_stopped = True
        elif isinstance(event, AccountLimitBreached):
            assert event.kind not in self.breached, "one per episode"
            assert (event.used < event.limit) if is_floor(event) else (event.used > event.limit)
            self.breached.add(event.kind)
        elif isinstance(event, AccountLimitCleared):
            assert event.kind in self.breached
            assert (event.used >= event.limit) if is_floor(event) else (event.used <= event.limit)
            self.breached.remove(event.kind)
        elif isinstance(event, AccountProtectionChanged):
            self._protect(event.protection)

    def _protect(self, told: QuoteProtection) -> None:
        is_off = told.contracts_max is None and told.delta_max is None
        before = self.protection
        if told.is_tripped and (before is None or not before.is_tripped):
            assert told.contracts_max is not None
            assert told.contracts_traded >= told.contracts_max
            now = self.fills[-1][0]
            assert told.contracts_traded == self.traded_since(now - told.window_ns)
        if is_off or told.contracts_traded == 0:
            self.fills.clear()
        self.protection = None if is_off else told

    def traded_since(self, since_ns: int) -> int:
        return sum(contracts for at_ns, contracts in self.fills if at_ns > since_ns)

    def count(self, fill: Fill) -> None:
        """Hear of a quote's fill; the one before it, if it was too much, has tripped by now."""
        protection = self.protection
        if protection is None:
            return
        self.assert_tripped()
        self.fills.append((fill.game_ns, fill.last_quantity))

    def assert_tripped(self) -> None:
        protection = self.protection
        if protection is None or protection.contracts_max is None or not self.fills:
            return
        traded = self.traded_since(self.fills[-1][0] - protection.window_ns)
        assert protection.is_tripped or traded < protection.contracts_max


def is_floor(event: AccountLimitBreached | AccountLimitCleared) -> bool:
    return event.kind == "quote_coverage"
