"""A game's measures, second by second, against its equities."""

from pathlib import Path

from msgspec.structs import astuple

from itg.compose.lab import LabSettings, play
from itg.kernel.ids import AccountId, TradeId
from itg.positions.contract import AccountFilled, AccountsMeasured, TradesMarked
from itg.runtime.envelope import Record

SHORT = """
extends = "demo"
[session]
continuous_s = 90
"""


def test_the_parts_of_each_second_are_what_equity_gained_since_the_days_begin(
    tmp_path: Path,
) -> None:
    file = tmp_path / "short.toml"
    file.write_text(SHORT, encoding="utf-8")
    measured: list[AccountsMeasured] = []
    marked: list[TradeId] = []
    filled: dict[TradeId, set[AccountId]] = {}

    def see(record: Record) -> None:
        for output in record.outputs:
            if isinstance(output, AccountsMeasured):
                measured.append(output)
            elif isinstance(output, TradesMarked):
                marked.extend(trade.trade_id for trade in output.trades)
            elif isinstance(output, AccountFilled):
                filled.setdefault(output.fill.trade_id, set()).add(output.account_id)

    play(LabSettings(scenario=str(file), seed=3), see)
    first = {m.account_id: m.equity for m in measured[0].measures}
    assert all(astuple(m.pnl) == (0,) * 7 for m in measured[0].measures)
    for event in measured:
        assert {m.account_id for m in event.measures} == first.keys()
        for measure in event.measures:
            assert sum(astuple(measure.pnl)) == measure.equity - first[measure.account_id]
    last = measured[-1].measures
    assert len(measured) > 90
    assert any(m.options_held for m in last)
    # What the Greeks do not explain is small beside what they do.
    explained = sum(abs(p) for m in last for p in astuple(m.pnl)[:-1])
    assert sum(abs(m.pnl.residual) for m in last) < explained / 20
    of_teams = {trade_id for trade_id, owners in filled.items() if owners & first.keys()}
    assert sorted(marked) == sorted(of_teams)
