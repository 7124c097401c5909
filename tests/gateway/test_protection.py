"""Protection and kill switch at the door; positions say what the test wants."""

from collections import Counter
from collections.abc import AsyncIterator, Sequence

import pytest_asyncio
from tests.gateway.house import ADMIN_KEY, Answered, House
from tests.gateway.scripts import Script

from itg.kernel.errors import Refusal
from itg.kernel.ids import AccountId, InstrumentId, OrderId, Seq
from itg.kernel.messages import Message, Query, Reply
from itg.kernel.times import Nanos
from itg.kernel.words import CancelReason, OrderStatus, Side
from itg.positions.contract import (
    KILL_SWITCH_OF_ORGANIZER,
    AccountOrderUpdated,
    AccountProtectionChanged,
    GetKillSwitches,
    GetQuoteProtection,
    KillSwitchChanged,
    KillSwitches,
    KillSwitchRejected,
    OrderChange,
    OrderState,
    ProtectionState,
    QuoteProtection,
    ResetQuoteProtection,
    SetKillSwitch,
    SetQuoteProtection,
)

PROTECTION, SWITCH = "/exchange/quotes/protection", "/exchange/kill-switch"


class Desk:
    """Positions as far as these routes ask: one protection, the switches, one order each."""

    def __init__(self) -> None:
        self.protection: QuoteProtection | None = None
        self.seqs: Counter[AccountId] = Counter()
        self.switched: dict[AccountId | None, bool] = {}  # by whom: True the organizer
        self.script = Script(
            acts={
                SetQuoteProtection: self._set,
                ResetQuoteProtection: self._reset,
                SetKillSwitch: self._switch,
            },
            replies={GetQuoteProtection: self._state, GetKillSwitches: self._switches},
            emits=(
                AccountProtectionChanged,
                KillSwitchChanged,
                KillSwitchRejected,
                AccountOrderUpdated,
            ),
        )

    def _set(self, ask: Message) -> Sequence[Message]:
        assert isinstance(ask, SetQuoteProtection)
        self.protection = QuoteProtection(
            window_ns=ask.window_ns, contracts_max=ask.contracts_max, delta_max=ask.delta_max
        )
        return self._told(ask.account_id)

    def _reset(self, ask: Message) -> Sequence[Message]:
        assert isinstance(ask, ResetQuoteProtection)
        return self._told(ask.account_id)

    def _told(self, account_id: AccountId) -> Sequence[Message]:
        protection = self.protection or QuoteProtection(window_ns=Nanos(0))
        return [
            AccountProtectionChanged(
                account_id=account_id, private_seq=self._seq(account_id), protection=protection
            )
        ]

    def _seq(self, account_id: AccountId) -> Seq:
        self.seqs[account_id] += 1
        return Seq(self.seqs[account_id])

    def _state(self, _: Query) -> Reply:
        return ProtectionState(protection=self.protection, private_seq=Seq(0))

    def _switch(self, ask: Message) -> Sequence[Message]:
        assert isinstance(ask, SetKillSwitch)
        if ask.is_active:
            self.switched[ask.account_id] = ask.by_organizer
        elif self.switched.get(ask.account_id, False) and not ask.by_organizer:
            refusal = Refusal(code=KILL_SWITCH_OF_ORGANIZER.code, detail="not yours")
            return [KillSwitchRejected(account_id=ask.account_id, refusal=refusal)]
        else:
            self.switched.pop(ask.account_id, None)
        changed = KillSwitchChanged(
            account_id=ask.account_id, is_active=ask.is_active, by_organizer=ask.by_organizer
        )
        every = (AccountId("t1"), AccountId("t2"))
        owners = every if ask.account_id is None else (ask.account_id,)
        ended = [killed(owner, self._seq(owner)) for owner in owners] if ask.is_active else []
        return [changed, *ended]

    def _switches(self, _: Query) -> Reply:
        own = tuple(name for name in self.switched if name is not None)
        return KillSwitches(is_active=None in self.switched, account_ids=own)


def killed(account_id: AccountId, seq: Seq) -> AccountOrderUpdated:
    state = OrderState(
        order_id=OrderId(int(account_id[1:])),
        instrument_id=InstrumentId("SPX"),
        side=Side.BUY,
        quantity=1,
        status=OrderStatus.CANCELED,
        accepted_ns=Nanos(0),
        accepted_seq=Seq(1),
    )
    return AccountOrderUpdated(
        account_id=account_id,
        private_seq=seq,
        change=OrderChange.CANCELED,
        order=state,
        cancel_reason=CancelReason.KILL_SWITCH,
    )


@pytest_asyncio.fixture
async def house() -> AsyncIterator[House]:
    async with House(scripts={"positions": Desk().script}) as running:
        yield running


async def test_a_protection_is_set_read_and_reset(house: House) -> None:
    team = await house.register("alpha")
    off = await team.call("GET", PROTECTION)
    assert (off.status, off.json["window_ms"]) == (200, None)
    wanted = {"window_ms": 500, "contracts_max": 20, "delta_max": 1.5}
    put = await team.call("PUT", PROTECTION, wanted)
    again = await team.call("PUT", PROTECTION, wanted)
    reset = await team.call("POST", f"{PROTECTION}/reset")
    read = await team.call("GET", PROTECTION)
    for answer in (put, again, reset, read):
        assert answer.status == 200
        assert {name: answer.json[name] for name in wanted} == wanted
        assert answer.json["is_tripped"] is False


async def test_a_protection_is_set_over_the_socket_too(house: House) -> None:
    team = await house.register("alpha")
    async with team.socket() as socket:
        put = await socket.request("quote.protection_set", {"window_ms": 9, "contracts_max": 1})
        assert put["result"]["contracts_max"] == 1
        assert (await socket.request("quote.protection_reset"))["result"]["window_ms"] == 9
        assert (await socket.request("quotes.protection"))["result"]["window_ms"] == 9


async def switch(house: House, key: str, **body: object) -> Answered:
    return await house.call("POST", SWITCH, body, key=key)


async def test_a_team_switches_itself_off_and_on(house: House) -> None:
    team, other = await house.register("alpha"), await house.register("beta")
    for named in ({}, {"team_id": team.team_id}, {"team_id": "me"}):
        off = await switch(house, team.key, **named)
        assert off.status == 200, off.body
        assert off.json == {"is_active": True, "team_id": team.team_id, "order_ids": [1]}
    foreign = await switch(house, team.key, team_id=other.team_id)
    assert (foreign.status, foreign.json["code"]) == (404, "TEAM_NOT_FOUND")
    released = await switch(house, team.key, is_active=False)
    assert released.json == {"is_active": False, "team_id": team.team_id, "order_ids": []}


async def test_the_organizer_switches_one_or_all_and_alone_releases_it(house: House) -> None:
    team = await house.register("alpha")
    await house.register("beta")
    one = await switch(house, ADMIN_KEY, team_id=team.team_id, reason="runaway")
    assert one.json == {"is_active": True, "team_id": team.team_id, "order_ids": [1]}
    refused = await switch(house, team.key, is_active=False)
    assert (refused.status, refused.json["code"]) == (403, "KILL_SWITCH_OF_ORGANIZER")
    freed = await switch(house, ADMIN_KEY, team_id=team.team_id, is_active=False)
    assert freed.json["is_active"] is False
    unexplained = await switch(house, ADMIN_KEY)
    assert (unexplained.status, unexplained.json["code"]) == (400, "INVALID_FIELD")
    every = await switch(house, ADMIN_KEY, reason="fire drill")
    assert every.json == {"is_active": True, "team_id": None, "order_ids": [1, 2]}
    still = await switch(house, team.key, is_active=False)
    assert (still.status, still.json["is_active"]) == (200, True), "everybody's is on"
    unknown = await switch(house, ADMIN_KEY, team_id="nobody", reason="runaway")
    assert (unknown.status, unknown.json["code"]) == (404, "TEAM_NOT_FOUND")


async def test_a_kill_switch_is_never_refused_for_rate_and_stands_in_the_audit(
    house: House,
) -> None:
    team = await house.register("alpha")
    statuses = {(await switch(house, team.key)).status for _ in range(150)}
    assert statuses == {200}
    await switch(house, ADMIN_KEY, team_id=team.team_id, reason="runaway")
    audit = await house.call("GET", "/admin/audit?since_seq=149", key=ADMIN_KEY)
    own, organizers = audit.json["items"]
    assert (own["actor"], own["act"], own["subject"]) == (
        team.team_id,
        "kill_switch.on",
        team.team_id,
    )
    assert (organizers["actor"], organizers["reason"]) == ("organizer", "runaway")


async def test_a_key_without_a_scope_for_it_switches_nothing(house: House) -> None:
    answer = await house.call("POST", SWITCH, {})
    assert (answer.status, answer.json["code"]) == (401, "UNAUTHENTICATED")
