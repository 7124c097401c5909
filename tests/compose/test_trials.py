"""A correction tried on a copy: the game that is played stays as it is, and the copy was right."""

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest
from msgspec import json, structs
from msgspec.msgpack import Decoder, Encoder
from tests.compose.reported import ReportedGame

from itg.compose.node import machine_in
from itg.compose.services import services_of
from itg.compose.topologies import APART, SERVICES, nodes_of
from itg.compose.trial_copies import NodesCopy, WholeCopy
from itg.compose.trial_program import Asked, copy_of, tried_on
from itg.compose.trials import trials_of_machine
from itg.exchange.contract import TradeExecuted
from itg.game.contract import CorrectTrade, GetScores, Scores
from itg.kernel.ids import InstrumentId, TradeId
from itg.kernel.money import Price
from itg.positions.contract import Balances, GetBalances
from itg.runtime.cascade import Machine, MachineState
from itg.runtime.service import node_name
from itg.translate.numbers import usd
from itg.wire.v1.corrections import BustPreviewBody, CorrectedTeamBody, StandingBody

MOVED_BY = Price(10_000)
Pick = Callable[[ReportedGame], TradeExecuted]


def asked_of(game: ReportedGame, act: CorrectTrade) -> Asked:
    return Asked(
        shards=tuple(shard for shard, _ in game.create.rules.shards),
        at_ns=game.clock.game_ns(),
        state=game.machine.snapshot(),
        act=act,
    )


def split(game: ReportedGame, topology: str) -> NodesCopy:
    """Return a game as it would be on nodes that have all heard of each other."""
    layout = nodes_of(topology, services_of([shard for shard, _ in game.create.rules.shards]))
    whole = Decoder(MachineState).decode(game.machine.snapshot())
    states, machines = dict(whole.nodes), dict[str, Machine]()
    for name, services in layout.items():
        own = [node_name(service.name, service.shard) for service in services]
        state = structs.replace(
            whole,
            nodes=tuple((each, states[each]) for each in own),
            timers=tuple(timer for timer in whole.timers if timer[1] in own),
        )
        machines[name] = machine_in(layout, name)
        machines[name].restore(Encoder().encode(state))
    return NodesCopy(layout, machines)


def preview_of(game: ReportedGame, act: CorrectTrade) -> BustPreviewBody:
    """Try an act, then do it; hold the copy's end against the game's."""
    head, state = game.journal.head(), game.machine.snapshot()
    asked = asked_of(game, act)
    copy = copy_of(asked)
    assert isinstance(copy, WholeCopy)
    tried = tried_on(copy, asked)
    assert tried.refusal is None
    for topology in (SERVICES, APART):
        on_nodes = tried_on(split(game, topology), structs.replace(asked, as_of_seq=head.seq))
        assert on_nodes == tried
    assert (game.journal.head(), game.machine.snapshot()) == (head, state)
    told = json.decode(tried.body, type=BustPreviewBody)
    game.tell(act)
    assert copy.machine.snapshot() == game.machine.snapshot()
    return told


def assert_as_told(game: ReportedGame, told: BustPreviewBody) -> None:
    """Hold what was told before the act against what the game answers after it."""
    balances, scores = game.ask(GetBalances()), game.ask(GetScores(round_id=told.round_id))
    assert isinstance(balances, Balances)
    assert isinstance(scores, Scores)
    assert scores.round is not None
    held = {one.account_id: one for one in balances.accounts}
    points = {one.account_id: one for one in scores.round.teams}
    for row in told.items:
        account_id = next(
            one.account_id for one in scores.round.teams if one.team_id == row.team_id
        )
        now, score = held[account_id], points[account_id]
        assert (row.after.cash, row.after.equity) == (usd(now.cash), usd(now.equity))
        assert row.after.net_quantity == dict(now.net_quantities).get(
            InstrumentId(told.instrument_id), 0
        )
        assert row.after.score is not None
        assert row.after.score.terms is not None
        assert (row.after.score.rank, row.after.score.score) == (
            score.rank,
            None if score.score is None else score.score / 1_000_000,
        )
        wanted = [(one.name, one.points / 1_000_000) for one in score.components]
        assert [(one.name, one.points) for one in row.after.score.terms.components] == wanted


def marked(game: ReportedGame) -> TradeExecuted:
    """Return an early trade of two teams: its marks are known, so that it counts in scores."""
    return next(
        trade
        for trade in game.trades
        if {trade.maker_account_id, trade.taker_account_id} <= set(game.accounts)
    )


def moved(row: CorrectedTeamBody, of: Callable[[StandingBody], float]) -> float:
    return of(row.after) - of(row.before)


@pytest.fixture
def told_of(tmp_path: Path) -> Callable[[str, Price | None], BustPreviewBody]:
    """Play a round, and correct a trade while it is under way or once it is over."""

    def correct(when: str, by: Price | None) -> BustPreviewBody:
        found: list[BustPreviewBody] = []

        def act(game: ReportedGame) -> None:
            trade = marked(game)
            price = None if by is None else Price(trade.price + by)
            command = CorrectTrade(trade_id=trade.trade_id, price=price, reason="a wrong price")
            found.append(preview_of(game, command))
            assert_as_told(game, found[0])

        async def play() -> None:
            game = ReportedGame(tmp_path / "data", is_heard=False)
            game.play(during=act if when == "under way" else None)
            if when == "over":
                act(game)
            await game.stop()

        asyncio.run(play())
        return found[0]

    return correct


@pytest.mark.parametrize("when", ["under way", "over"])
@pytest.mark.parametrize("by", [None, MOVED_BY])
def test_a_trial_tells_what_the_act_then_does_and_leaves_the_game_as_it_was(
    told_of: Callable[[str, Price | None], BustPreviewBody], when: str, by: Price | None
) -> None:
    told = told_of(when, by)
    assert (told.round_id, told.is_final) == (1, when == "over")
    both = [row for row in told.items if row.fills]
    assert {row.fills[0].side for row in both} == {"buy", "sell"}
    for row in both:
        (fill,) = row.fills
        sign = 1 if fill.side == "buy" else -1
        contracts = 0 if by is not None else -sign * told.quantity
        assert moved(row, lambda each: each.net_quantity) == contracts
        assert moved(row, lambda each: each.fees) == pytest.approx(-fill.fee_returned)
        assert moved(row, lambda each: each.cash) * sign * (1 if by is None else -1) > 0
    assert any(row.before.score != row.after.score for row in both)


async def test_a_trade_that_is_not_there_is_refused_as_the_act_would_be(tmp_path: Path) -> None:
    game = ReportedGame(tmp_path / "data", is_heard=False)
    asked = asked_of(game, CorrectTrade(trade_id=TradeId(999)))
    tried = tried_on(copy_of(asked), asked)
    assert tried.refusal is not None
    assert tried.refusal.code == "TRADE_NOT_FOUND"
    await game.stop()


async def test_a_trial_that_is_stopped_ends_with_a_fault(tmp_path: Path) -> None:
    game = ReportedGame(tmp_path / "data", is_heard=False)
    trials = trials_of_machine(game.pump, [shard for shard, _ in game.create.rules.shards])
    running = asyncio.ensure_future(trials.take(CorrectTrade(trade_id=TradeId(1)))())
    # It begins in this loop's next turns; stopped again and again until it has.
    while not running.done():
        trials.stop()
        await asyncio.sleep(0)
    assert (await running).fault == "it was stopped"
    await game.stop()
