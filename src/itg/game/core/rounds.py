"""The rounds of a game: one at a time, started, paused and ended by an organizer or by the plan."""

from collections.abc import Sequence

from msgspec import Struct, field
from msgspec.structs import replace

from itg.game.contract import (
    EXTENSION_TOO_LONG,
    ROUND_NOT_FOUND,
    ROUND_WRONG_STATUS,
    Round,
    RoundPlan,
    RoundStatus,
    SeedReveal,
)
from itg.kernel.errors import Refusal, RejectReason
from itg.kernel.times import NS_PER_S, Nanos
from itg.kernel.words import Phase

UNDER_WAY = (RoundStatus.RUNNING, RoundStatus.PAUSED)


class Rounds(Struct):
    """Rounds by number, from 1; `is_ending` while the market closes before a round's end."""

    plans: tuple[RoundPlan, ...] = ()
    statuses: list[RoundStatus] = field(default_factory=list)
    is_ending: bool = False
    extended_ns: dict[int, int] = field(default_factory=dict)  # by round, what was added
    commitment: str = ""
    reveal: SeedReveal | None = None
    revealed: list[int] = field(default_factory=list)  # rounds whose exports name who did what

    @classmethod
    def planned(cls, plans: Sequence[RoundPlan], commitment: str) -> "Rounds":
        statuses = [RoundStatus.SCHEDULED for _ in plans]
        return cls(plans=tuple(plans), statuses=statuses, commitment=commitment)

    @property
    def current_id(self) -> int | None:
        """Return the round that is running or paused."""
        for index, status in enumerate(self.statuses):
            if status in UNDER_WAY:
                return index + 1
        return None

    @property
    def next_id(self) -> int | None:
        """Return the first round still to start."""
        following = self.last_begun + 1
        return following if following <= len(self.plans) else None

    @property
    def last_begun(self) -> int:
        """Return the latest round that began, 0 if none did; those before it are behind."""
        begun = [n for n, s in enumerate(self.statuses, start=1) if s is not RoundStatus.SCHEDULED]
        return max(begun, default=0)

    @property
    def current_plan(self) -> RoundPlan:
        """Return the plan of the round that is running or paused."""
        assert self.current_id is not None
        return self.plan(self.current_id)

    @property
    def is_later(self) -> bool:
        """Tell whether the current round's close was moved."""
        return self.current_id in self.extended_ns

    @property
    def planned_end_ns(self) -> Nanos | None:
        """Return when the current round was to close before that was moved; None: it was not."""
        if self.current_id is None or not self.is_later:
            return None
        return Nanos(self.current_plan.session_end_ns - self.extended_ns[self.current_id])

    @property
    def vol_factors_ahead(self) -> tuple[float, ...]:
        """Return the factors of the current round and of those after it; empty: all are 1."""
        assert self.current_id is not None
        ahead = tuple(plan.vol_factor for plan in self.plans[self.current_id - 1 :])
        return ahead if set(ahead) != {1.0} else ()

    def to_start(self, round_id: int | None) -> int | Refusal:
        """Return the round a start means: the next scheduled one unless it is named."""
        if round_id is None:
            round_id = self.next_id
            if round_id is None:
                return _refusal(ROUND_NOT_FOUND, "no round is left to start")
        refusal = self.refusal_of(round_id, (RoundStatus.SCHEDULED,))
        if refusal is not None:
            return refusal
        if self.current_id is not None:
            return _refusal(ROUND_WRONG_STATUS, f"round {self.current_id} is not over")
        if round_id < self.last_begun:
            told = f"the day of round {round_id} is past: round {self.last_begun} was played"
            then = "" if self.next_id is None else f", round {self.next_id} is next"
            return _refusal(ROUND_WRONG_STATUS, f"{told}{then}")
        return round_id

    def refusal_of(self, round_id: int, allowed: Sequence[RoundStatus]) -> Refusal | None:
        """Say why an act on a round is refused, None if its status is one of `allowed`."""
        if not 1 <= round_id <= len(self.plans):
            return _refusal(ROUND_NOT_FOUND, f"there is no round {round_id}")
        status = self.statuses[round_id - 1]
        if status not in allowed or self.is_ending:
            return _refusal(ROUND_WRONG_STATUS, f"round {round_id} is {status.value}")
        return None

    def refusal_of_extension(self, round_id: int, extend_ns: int) -> Refusal | None:
        """Say why a round's close may not move by so much."""
        refusal = self.refusal_of(round_id, UNDER_WAY)
        if refusal is not None or round_id == len(self.plans):
            return refusal
        plan, following = self.plan(round_id), self.plan(round_id + 1)
        left_ns = following.start_ns - (plan.end_ns or plan.session_end_ns)
        if extend_ns < left_ns:
            return None
        detail = f"the next round's day begins {left_ns // NS_PER_S} s after this one's end"
        return Refusal(
            code=EXTENSION_TOO_LONG.code,
            detail=f"{detail}. {EXTENSION_TOO_LONG.hint}",
            field="extend_s",
        )

    def extend(self, round_id: int, extend_ns: int) -> RoundPlan:
        """Move a round's close, its end and its closing auction, and return the new plan."""
        plan = self.plan(round_id)
        moved = (Phase.CLOSING_AUCTION, Phase.CLOSED)
        plan = replace(
            plan,
            session_end_ns=Nanos(plan.session_end_ns + extend_ns),
            end_ns=None if plan.end_ns is None else Nanos(plan.end_ns + extend_ns),
            boundaries=tuple(
                replace(row, at_ns=Nanos(row.at_ns + extend_ns)) if row.phase in moved else row
                for row in plan.boundaries
            ),
        )
        place = round_id - 1
        self.plans = (*self.plans[:place], plan, *self.plans[place + 1 :])
        self.extended_ns[round_id] = self.extended_ns.get(round_id, 0) + extend_ns
        return plan

    def plan(self, round_id: int) -> RoundPlan:
        return self.plans[round_id - 1]

    def move(self, round_id: int, status: RoundStatus) -> None:
        self.statuses[round_id - 1] = status

    def open_commitment(self, reveal: SeedReveal) -> Refusal | None:
        """Keep what opens the commitment; say why not where there is nothing to open yet."""
        left = self.current_id or self.next_id
        if left is not None:
            return _refusal(ROUND_WRONG_STATUS, f"round {left} is not over")
        if not self.commitment or self.reveal is not None:
            return _refusal(ROUND_WRONG_STATUS, "there is no commitment to open")
        self.reveal = reveal
        return None

    def reveal_identities(self, round_id: int) -> Refusal | None:
        """Let a round's exports name who did what; say why not where it has not ended."""
        if not 1 <= round_id <= len(self.plans):
            return _refusal(ROUND_NOT_FOUND, f"there is no round {round_id}")
        status, code = self.statuses[round_id - 1], ROUND_WRONG_STATUS.code
        if status is not RoundStatus.ENDED:
            when = "identities are revealed when it has ended"
            detail = f"round {round_id} is {status.value}; {when}"
            return Refusal(code=code, detail=detail, field="round_id")
        if round_id in self.revealed:
            detail = f"round {round_id} is revealed already; that is done once"
            return Refusal(code=code, detail=detail, field="round_id")
        self.revealed.append(round_id)
        return None

    def end(self) -> int:
        """End the current round and return its number."""
        round_id = self.current_id
        assert round_id is not None
        self.move(round_id, RoundStatus.ENDED)
        self.is_ending = False
        return round_id

    def rows(self) -> tuple[Round, ...]:
        """Return every round's facts."""
        return tuple(self.row(number) for number in range(1, len(self.plans) + 1))

    def row(self, round_id: int) -> Round:
        plan = self.plan(round_id)
        return Round(
            round_id=round_id,
            trading_day=plan.trading_day,
            status=self.statuses[round_id - 1],
            start_ns=plan.start_ns,
            session_start_ns=plan.session_start_ns,
            session_end_ns=plan.session_end_ns,
            end_ns=plan.end_ns,
            is_scored=plan.is_scored,
            vol_factor=plan.vol_factor,
            commitment=self.commitment,
            reveal=self.reveal,
            is_revealed=round_id in self.revealed,
        )


def _refusal(reason: RejectReason, detail: str) -> Refusal:
    return Refusal(code=reason.code, detail=f"{detail}. {reason.hint}", field="round_id")
