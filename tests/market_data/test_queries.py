"""What the service answers about implied volatilities and the surface."""

from msgspec.structs import replace
from tests.market_data.models import OPEN_NS, classic, instruments, session_of

from itg.kernel.ids import InstrumentId, UnderlyingId
from itg.kernel.money import Price
from itg.kernel.times import NS_PER_S, Nanos
from itg.market_data.contract import (
    GetMarks,
    GetSurface,
    ImpliedVolatilities,
    ImplyVolatilities,
    Marks,
    QuotedPrice,
    Surface,
    TrackSeries,
    UnderlyingMissing,
)
from itg.market_data.service import MarketDataService
from itg.runtime.cascade import Machine

LEADER = classic().underlyings[0].underlying_id
STRANGER = UnderlyingId("none")


def configured() -> Machine:
    machine = Machine([MarketDataService()])
    for command in (classic(), *(TrackSeries(instrument=one) for one in instruments())):
        machine.apply(OPEN_NS, command)
    return machine


def moving() -> Machine:
    """Return a market after some seconds of its session, the scenario's own expiries ahead."""
    machine = configured()
    last_ns = max(one.option.expires_ns for one in instruments() if one.option)
    session = session_of(0)
    ends_ns = (*session.session_ends_ns, last_ns)
    machine.apply(OPEN_NS, replace(session, session_ends_ns=ends_ns))
    while (fired := machine.due(Nanos(OPEN_NS + 10 * NS_PER_S))) is not None:
        machine.apply(fired.at_ns, fired)
    return machine


def implied(machine: Machine, quotes: tuple[QuotedPrice, ...]) -> tuple[int | None, ...]:
    reply = machine.query(ImplyVolatilities(quotes=quotes))
    assert isinstance(reply, ImpliedVolatilities)
    return reply.volatilities


def test_marks_surface_and_implied_volatilities_tell_one_story() -> None:
    machine = moving()
    before = machine.snapshot()
    reply = machine.query(GetMarks())
    assert isinstance(reply, Marks)
    terms = {one.instrument_id: one.option for one in instruments()}
    marks = [one for one in reply.marks if terms[one.instrument_id]]
    fair: dict[tuple[UnderlyingId, Nanos, Price], int] = {}
    for underlying in classic().underlyings:
        surface = machine.query(GetSurface(underlying_id=underlying.underlying_id))
        assert isinstance(surface, Surface)
        for one in surface.slices:
            fair |= {
                (surface.underlying_id, one.expires_ns, point.strike): point.implied_vol
                for point in one.points
            }
    underlyings = {one.instrument_id: one.underlying_id for one in instruments()}
    for mark in marks:
        option = terms[mark.instrument_id]
        assert option
        key = (underlyings[mark.instrument_id], option.expires_ns, option.strike)
        assert fair[key] == mark.implied_vol
    quotes = tuple(QuotedPrice(mark.instrument_id, mark.mark_price) for mark in marks)
    for mark, found in zip(marks, implied(machine, quotes), strict=True):
        # A mark is rounded to half a unit, 5e-5 USD; vega is USD per point in 1e-6.
        assert found is not None
        assert abs(found - mark.implied_vol) <= 5e-5 / (mark.vega * 1e-6) * 0.01 * 1.01e6 + 1
    assert machine.snapshot() == before


def test_nothing_is_implied_before_the_first_step() -> None:
    quotes = (
        QuotedPrice(instruments()[1].instrument_id, Price(1_000_000)),
        QuotedPrice(InstrumentId("none"), Price(1)),
    )
    for machine in (Machine([MarketDataService()]), configured()):
        assert implied(machine, quotes) == (None, None)
    surface = configured().query(GetSurface(underlying_id=LEADER))
    assert isinstance(surface, Surface)
    assert surface.slices == ()


def test_a_stranger_has_no_surface() -> None:
    for machine in (Machine([MarketDataService()]), configured(), moving()):
        assert machine.query(GetSurface(underlying_id=STRANGER)) == UnderlyingMissing(
            underlying_id=STRANGER
        )
