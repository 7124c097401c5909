"""A bot hears of halts and guards; instruments come to it and go."""

from tests.client.test_bot import PHASE, TOP, Listener, frame, instrument, prepared

from itg.wire.v1.market import DelistedPush, GuardPush, HaltPush, ListedPush, MarketPush, MarketWord


class MarketListener(Listener):
    """Writes down what befalls the market too."""

    def on_market(self, kind: MarketWord, push: MarketPush) -> None:
        self.heard.append((kind, push))


def test_what_befalls_the_market_is_heard_and_changes_no_phase() -> None:
    bot = MarketListener()
    feed = prepared(bot)
    feed.take(frame("phase", "phase", PHASE))
    feed.start(0)
    halt = HaltPush(underlying_id="SPX", instrument_id=None, halt_cause="price_move", resumes_us=9)
    guard = GuardPush(underlying_id="SPX", ends_us=None)
    feed.take(frame("phase", "halt", halt))
    feed.take(frame("phase", "guard", guard))
    feed.take(frame("phase", "a later version's", {"x": 1}))
    assert bot.heard[1:] == [("halt", halt), ("guard", guard)]
    assert bot.phases == {"SPX": "continuous"}


def test_instruments_come_with_their_listing_and_go_with_its_end() -> None:
    bot = MarketListener()
    feed = prepared(bot)
    feed.start(0)
    feed.take(frame("phase", "listed", ListedPush(instrument=instrument("SPX-NEW"))))
    feed.take(frame("bbo.SPX", "tops", {"tops": [{**TOP, "instrument_id": "SPX-NEW"}]}))
    assert bot.books["SPX-NEW"].mid == 4400.5
    gone = DelistedPush(underlying_id="SPX", instrument_id="SPX-NEW")
    feed.take(frame("phase", "delisted", gone))
    assert "SPX-NEW" not in bot.instruments
    assert bot.heard[-1] == ("delisted", gone)
    assert bot.phase_of("SPX-NEW") == "closed"
    feed.take(frame("phase", "phase", {**PHASE, "instrument_id": "SPX-NEW", "phase": "closed"}))
    feed.take(frame("phase", "phase", PHASE))
    assert bot.instrument_phases == {}
