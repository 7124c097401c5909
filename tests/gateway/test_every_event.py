"""Every fact of the contracts leaves through a channel, or stands here with the reason why not."""

import inspect
from types import ModuleType

from itg.exchange import contract as exchange
from itg.game import contract as game
from itg.gateway.feed import Feed
from itg.kernel.messages import Event, Message
from itg.kernel.times import Nanos
from itg.market_data import contract as market_data
from itg.news import contract as news
from itg.positions import contract as positions
from itg.retail import contract as retail
from itg.runtime.clock import VirtualClock
from itg.signals import contract as signals

CONTRACTS = (exchange, positions, market_data, news, signals, game, retail)

# Facts between services: the owners hear of them as events of their mailbox, in `private`.
TOLD_BY_POSITIONS = {
    exchange.OrderAccepted,
    exchange.OrderActivated,
    exchange.OrderExpired,
    exchange.OrderRejected,
    exchange.OrderReplaced,
    exchange.ReplaceRejected,
    exchange.OrderCanceled,
    exchange.CancelRejected,
    exchange.MassCanceled,
    exchange.QuoteAccepted,
}
# Told in the answer to whoever asked.
TOLD_IN_ANSWERS = {
    exchange.PhaseRejected,
    exchange.HaltRejected,
    exchange.BustRejected,
    positions.KillSwitchChanged,
    positions.KillSwitchRejected,
    positions.OrderAnswerRepeated,
    positions.QuotesHandled,
    positions.ConnectionOpened,
    positions.AdjustmentRejected,
    positions.RoleReplaced,
    game.TeamsImportRejected,
    game.KeyRotated,
    game.KeyRetired,  # and its sockets are closed with 1008
    game.RegistrationRejected,
    game.GameActRejected,
    game.KeyIssued,
    game.KeyRevoked,  # and its sockets are closed with 1008
    game.ParSet,
    game.JudgementSet,
    game.ScoringRejected,
    news.NewsRejected,
}
# Read over REST when somebody wants to know.
READ = {
    game.TeamRegistered,
    game.GameCreated,
    game.IdentitiesRevealed,
    game.TeamReseated,  # its owner is told by positions
    game.TeamSuspended,
    game.TeamResumed,
    positions.AccountOpened,
    positions.AccountsMeasured,  # as P&L and limits, each team its own
    positions.TradesMarked,  # as each team's markouts
}
# Nobody outside may know, or has a use for it.
HIDDEN = {
    market_data.RegimeChanged,
    market_data.JumpOccurred,
    market_data.TrackingErrorsStepped,
    news.NewsScheduled,  # its plain facts are read by the organizer
    news.NewsCanceled,
    signals.SignalJudged,
    market_data.OfficialClosePublished,  # each series' settlement tells it
    exchange.AuctionDrawn,  # names orders of others; it stands in the journal
    game.BotDropped,  # its socket is closed with 1008
}
# Never published itself.
BASES = {positions.PrivateEvent}


def events_of(module: ModuleType) -> set[type[Event]]:
    members = vars(module).values()
    return {m for m in members if inspect.isclass(m) and issubclass(m, Event) and m is not Event}


def test_every_event_of_the_contracts_is_published_or_left_out_for_a_reason() -> None:
    published = published_kinds()
    every = set().union(*(events_of(module) for module in CONTRACTS))
    named = [*TOLD_BY_POSITIONS, *TOLD_IN_ANSWERS, *READ, *HIDDEN, *BASES]
    assert len(named) == len(set(named)), "one reason is enough"
    assert not published & set(named)
    assert every == published | set(named)


def test_nothing_hidden_is_published() -> None:
    assert not published_kinds() & HIDDEN


def published_kinds() -> set[type[Message]]:
    return set(Feed(1, VirtualClock(Nanos(0)))._publishers)
