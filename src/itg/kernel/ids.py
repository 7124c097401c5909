"""Identifiers: integers issued by the owner's core, short slugs for accounts and instruments."""

from typing import NewType

AccountId = NewType("AccountId", str)
TeamId = NewType("TeamId", str)
Role = NewType("Role", str)  # a slug the scenario defines: market_maker, hedge_fund, …
InstrumentId = NewType("InstrumentId", str)
UnderlyingId = NewType("UnderlyingId", str)
ClientOrderId = NewType("ClientOrderId", str)
OrderId = NewType("OrderId", int)
TradeId = NewType("TradeId", int)
FillId = NewType("FillId", int)
ReservationId = NewType("ReservationId", int)
Shard = NewType("Shard", int)
Seq = NewType("Seq", int)

# A shard's ids start at shard << 48: at most 31 shards keep every id below 2**53, which any JSON
# parser reads exactly, and leave 2.8e14 ids to each.
SHARD_SHIFT = 48
SHARD_COUNT_MAX = 31


def first_id_of_shard(shard: Shard) -> int:
    """Return the integer below the first order or trade id of `shard`."""
    assert 0 <= shard < SHARD_COUNT_MAX
    return shard << SHARD_SHIFT


def shard_of_id(number: int) -> Shard:
    """Return the exchange shard that issued an order or trade id."""
    return Shard(number >> SHARD_SHIFT)
