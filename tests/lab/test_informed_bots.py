"""In the lab too a bot hears every headline, and of signals those of its own role alone."""

from pathlib import Path

from itg import scenario
from itg.client import Bot
from itg.compose.services import services_of
from itg.kernel.ids import Role
from itg.lab import LabRun, Seat
from itg.news.contract import NewsPublished
from itg.runtime.cascade import Machine
from itg.runtime.envelope import Record
from itg.signals.contract import AnySignal
from itg.wire.v1.news import NewsPush
from itg.wire.v1.signals import SignalPush

BUSY = """
extends = "demo"
[session]
continuous_s = 600
[news]
mean_gap_s = 60
gap_min_s = 20
gap_max_s = 240
quiet_end_s = 20
lead_s = 20
[signals.volatility]
lead_s_min = 5
lead_s_max = 15
"""


class Listener(Bot):
    def __init__(self) -> None:
        super().__init__()
        self.news: list[NewsPush] = []
        self.signals: list[SignalPush] = []

    def on_news(self, news: NewsPush) -> None:
        self.news.append(news)

    def on_signal(self, signal: SignalPush) -> None:
        self.signals.append(signal)


def test_lab_bots_hear_news_and_the_signals_of_their_role(tmp_path: Path) -> None:
    file = tmp_path / "busy.toml"
    file.write_text(BUSY, encoding="utf-8")
    create = scenario.load(str(file), seed=3, lock_step=True)
    records: list[Record] = []
    roles = ("market_maker", "hedge_fund", "arbitrage_desk")
    bots = {Role(role): Listener() for role in roles}
    seats = [Seat(team_name=f"team {role}", role=role, bot=bot) for role, bot in bots.items()]
    machine = Machine(services_of([shard for shard, _ in create.rules.shards]))
    LabRun(machine, create, seats, records.append).run()

    outputs = [output for record in records for output in record.outputs]
    published = [output for output in outputs if isinstance(output, NewsPublished)]
    assert published, "news came"
    for bot in bots.values():
        assert [news.news_id for news in bot.news] == [news.news_id for news in published]
        assert [news.seq for news in bot.news] == [*range(1, len(published) + 1)]
    given = [output for output in outputs if isinstance(output, AnySignal)]
    assert given, "somebody was warned"
    for role, bot in bots.items():
        own = [signal.signal_seq for signal in given if signal.role == role]
        assert [signal.seq for signal in bot.signals] == own == [*range(1, len(own) + 1)]
