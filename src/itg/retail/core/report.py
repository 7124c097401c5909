"""The report of what house and investors did."""

from msgspec.structs import asdict

from itg.kernel.times import NS_PER_S
from itg.retail.contract import RetailReport, SizeCount
from itg.retail.core.choice import Placement
from itg.retail.core.counts import Counts
from itg.retail.core.flow import Flow
from itg.retail.core.house import House


def report(flow: Flow | None, house: House | None) -> RetailReport:
    """Return the counts since the start."""
    counts = Counts() if flow is None else flow.counts
    counted = asdict(counts)
    placements: dict[str, int] = counted.pop("placements")
    sizes: dict[int, int] = counted.pop("sizes")
    return RetailReport(
        **counted,
        open_s=0.0 if flow is None else flow.arrivals.open_ns / NS_PER_S,
        operational_s=0.0 if flow is None else flow.arrivals.operational_ns / NS_PER_S,
        limit_orders=counts.orders - counts.market_orders,
        opening_orders=sum(placements.values()),
        opening_market_orders=placements.get(Placement.MARKET.value, 0),
        at_or_through_orders=placements.get(Placement.AT_OR_THROUGH.value, 0),
        behind_orders=placements.get(Placement.BEHIND.value, 0),
        far_orders=placements.get(Placement.FAR.value, 0),
        sizes=tuple(SizeCount(quantity=q, orders=sizes[q]) for q in sorted(sizes)),
        house_requotes=0 if house is None else house.requotes,
        house_contracts_filled=0 if house is None else house.contracts_filled,
    )
