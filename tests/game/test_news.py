"""News in the game: it comes with the rounds, and the organizer's acts on it are kept."""

from msgspec import Raw, msgpack
from msgspec.structs import replace
from tests.game.worlds import World
from tests.news.models import TABLE, configured

from itg import scenario
from itg.game.contract import (
    AnnounceNews,
    AuditEntry,
    AuditTrail,
    CreateGame,
    EndRound,
    GetAudit,
    RepeatNews,
    WithdrawNews,
)
from itg.kernel.times import Nanos
from itg.kernel.words import ReplayItem
from itg.market_data.contract import StartMarket, StopMarket
from itg.news.contract import (
    ArrivalModel,
    GetScheduledNews,
    NewsCanceled,
    NewsOrigin,
    NewsPublished,
    NewsRejected,
    NewsScheduled,
    ScheduledItems,
    StartNews,
    StopNews,
)

OWN = ("ConfigureNews", "ConfigureSignals")
FREQUENT = ArrivalModel(mean_gap_s=600, gap_min_s=300, gap_max_s=1_800)


def without_news() -> CreateGame:
    """Return the classic game without its own headlines and signals."""
    plain = scenario.load("classic")
    decode = msgpack.Decoder().decode
    setup = [raw for raw in plain.setup if decode(raw)["type"] not in OWN]
    rules = replace(plain.rules, has_news=False, has_signals=False)
    return replace(plain, rules=rules, setup=tuple(setup))


def with_news(arrivals: ArrivalModel | None = None) -> CreateGame:
    plain = without_news()
    config = Raw(msgpack.encode(configured(1, arrivals)))
    rules = replace(plain.rules, has_news=True)
    return replace(plain, rules=rules, setup=(*plain.setup, config))


def begun(arrivals: ArrivalModel | None = None) -> World:
    """Return a world at its open; no prices move in it, which takes a tenth of the time."""
    game = with_news(arrivals)
    world = World(replace(game, rules=replace(game.rules, has_market=False, has_retail=False)))
    world.start()
    world.run_to(world.seconds(0))
    return world


def last_act(world: World) -> AuditEntry:
    trail = world.ask(GetAudit())
    assert isinstance(trail, AuditTrail)
    return trail.entries[-1]


def waiting(world: World) -> tuple[NewsScheduled, ...]:
    reply = world.ask(GetScheduledNews())
    assert isinstance(reply, ScheduledItems)
    return reply.items


def test_news_starts_and_stops_with_the_market() -> None:
    world = World(with_news(FREQUENT))
    world.start()
    kinds = [type(m) for _, m in world.told]
    assert kinds.index(StartNews) == kinds.index(StartMarket) - 1
    assert [*world.events(NewsScheduled)]
    world.send(EndRound(round_id=1))
    kinds = [type(m) for _, m in world.told]
    assert kinds.index(StopNews) == kinds.index(StopMarket) - 1
    assert not waiting(world)


def test_news_comes_while_a_round_runs() -> None:
    world = begun(FREQUENT)
    world.run_to(world.seconds(1_800))
    published = [*world.events(NewsPublished)]
    assert published
    assert all(world.seconds(0) <= at <= world.seconds(1_800) for at, _ in published)


def test_a_round_that_ends_before_it_began_stops_news_that_never_started() -> None:
    world = World(with_news(FREQUENT))
    for round_id in (1, 2):
        world.start(round_id)
        world.send(EndRound(round_id=round_id))
    # The second round's day was still to come.
    assert len([*world.events(StartNews)]) == 1
    assert len([*world.events(StopNews)]) == 2


def test_a_game_without_news_hears_of_none() -> None:
    world = World(without_news())
    world.start()
    world.send(EndRound(round_id=1))
    assert not [*world.events(StartNews)]
    assert not [*world.events(StopNews)]


def test_news_announced_for_now_is_out_at_once_and_no_forecast_warns() -> None:
    world = begun()
    world.send(AnnounceNews(headline_id="gdp_beat", jump_ppm=4_000, reason="lively"))
    (item,) = waiting(world)
    assert (item.has_signal, item.effective_ns) == (False, world.now)
    world.run_to(world.now)
    ((at, published),) = world.events(NewsPublished)
    assert isinstance(published, NewsPublished)
    assert (at, published.origin) == (world.seconds(0), NewsOrigin.ORGANIZER)
    assert published.outcome.jump_ppm == 4_000
    entry = last_act(world)
    assert (entry.act, entry.subject, entry.reason) == ("news.announce", "gdp_beat", "lively")
    assert entry.refusal_code is None


def test_news_announced_ahead_can_be_withdrawn() -> None:
    world = begun()
    world.send(AnnounceNews(headline_id="gdp_beat", effective_ns=world.seconds(600)))
    (item,) = waiting(world)
    assert (item.has_signal, item.effective_ns) == (True, world.seconds(600))
    world.send(WithdrawNews(news_id=item.news_id, reason="too soon"))
    world.run_to(world.seconds(700))
    assert not [*world.events(NewsPublished)]
    assert [*world.events(NewsCanceled)]
    entry = last_act(world)
    assert (entry.act, entry.subject, entry.reason) == ("news.withdraw", "1", "too soon")


def test_a_repeated_history_starts_now() -> None:
    world = begun()
    items = (
        ReplayItem(after_s=5, headline_id="1987", headline="Crash", jump_ppm=-200_000),
        ReplayItem(after_s=2.5, headline_id=TABLE[1].headline_id),
    )
    world.send(RepeatNews(items=items))
    world.run_to(world.seconds(10))
    assert [at for at, _ in world.events(NewsPublished)] == [world.seconds(2.5), world.seconds(5)]
    assert (last_act(world).act, last_act(world).subject) == ("news.repeat", "2 items")


def test_an_act_news_refuses_is_kept_with_the_code() -> None:
    world = begun()
    for ask, code in (
        (AnnounceNews(headline_id="gdp_beet"), "HEADLINE_NOT_FOUND"),
        (AnnounceNews(headline_id="gdp_beat", effective_ns=Nanos(1)), "NEWS_WRONG_TIME"),
        (WithdrawNews(news_id=99), "NEWS_NOT_FOUND"),
        (RepeatNews(items=(ReplayItem(after_s=1, headline_id="1987"),)), "HEADLINE_NOT_FOUND"),
    ):
        told = world.send(ask)
        assert [m.refusal.code for m in told if isinstance(m, NewsRejected)] == [code]
        assert last_act(world).refusal_code == code


def test_without_a_round_or_without_news_the_organizer_is_refused() -> None:
    for world in (World(with_news()), World.of("bare")):
        told = world.send(RepeatNews(items=(ReplayItem(after_s=1, headline_id="x", headline="X"),)))
        assert [m.refusal.code for m in told if isinstance(m, NewsRejected)] == ["NEWS_WRONG_TIME"]
        assert last_act(world).refusal_code == "NEWS_WRONG_TIME"
