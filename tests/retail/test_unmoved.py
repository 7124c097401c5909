"""The flow as recorded before it was arranged by chains: not one order may move."""

from hashlib import sha256

import pytest
from tests.retail.models import NOW, configured, dice, instruments, listings

from itg.kernel.ids import OrderId, Shard, UnderlyingId
from itg.kernel.money import Price
from itg.kernel.times import NS_PER_S, Nanos
from itg.kernel.words import Phase, Side
from itg.retail.core.chains import Market
from itg.retail.core.flow import Flow, OrderWish
from itg.retail.core.listings import Listings

NAMES = [i.instrument_id for i in instruments()]
EXPIRY = min(i.option.expires_ns for i in instruments() if i.option)
STREAMS = ("arrival", "account", "series", "strike", "quantity", "side", "price", "closing")


@pytest.mark.parametrize(
    ("seed", "digest"),
    [
        (1, "277166481876f707f67c2d1145890b11f3eabac50f8e83d69d59c88328b077e0"),
        (2, "0ab8b05013b2bea3353ad369ed305e52b0b95ce9416d0638bfaa455a91075a06"),
        (3, "c1d037c3a5c8e5bc97aa708b11e322b1fcfcc57bf4400f6ded3b48b46cf9c447"),
    ],
)
def test_not_one_order_has_moved(seed: int, digest: str) -> None:
    investors, rolls, listed, market = (
        Flow.configured(configured()[1]),
        dice(seed),
        listings(),
        Market(),
    )
    investors.open(NOW, Nanos(NOW + 10**16))
    told, number = sha256(), 0
    for n in range(1_600):
        # The last hundred seconds are those after the first expiry.
        now = Nanos((NOW if n < 1_500 else EXPIRY) + n * NS_PER_S)
        disturb(n, listed, investors)
        spx = 44_000_000 + (n * 7_919 % 1_201 - 600) * 1_000
        spots = {UnderlyingId("SPX"): Price(spx), UnderlyingId("SPY"): Price(spx // 10)}
        worth = {
            name: Price(20_000 + 137 * place * (n % 50))
            for place, name in enumerate(NAMES)
            if (place + n // 200) % 9
        }
        arrived = investors.arrive(now, rolls, market.look(now, listed, spots, worth))
        wishes = [*([arrived] if arrived else []), *investors.close_some(now, rolls, listed)]
        for account, order_id in investors.give_up(now, listed):
            told.update(f"{account} {order_id}\n".encode())
            name = investors.holdings.resting[order_id].instrument_id
            investors.note_rest(now, order_id, account, name, 0)
        for wish in wishes:
            number += 1
            told.update(line_of(wish))
            handle(now, investors, wish, OrderId(number))
    times = [NOW]
    for _ in range(200):
        times.append(investors.next_arrival(times[-1], rolls) or NOW)
    told.update(repr(times).encode())
    told.update(repr({name: rolls[name].counter for name in STREAMS}).encode())
    assert told.hexdigest() == digest


def disturb(n: int, listed: Listings, investors: Flow) -> None:
    """Stop single series and a shard for a while, and delist one series for good."""
    if n % 100 == 50:
        listed.move(Shard(0), Phase.OPENING_AUCTION, NAMES[n // 25 % len(NAMES)])
    if n % 100 == 90:
        listed.move(Shard(0), Phase.CONTINUOUS, NAMES[(n - 40) // 25 % len(NAMES)])
    if n in (500, 600):
        listed.move(Shard(1), Phase.CLOSED if n == 500 else Phase.CONTINUOUS, None)
    if n == 700:
        listed.remove(NAMES[5])
        investors.holdings.forget(NAMES[5])


def line_of(wish: OrderWish) -> bytes:
    terms = f"{wish.side.value} {wish.quantity} {wish.price}"
    return f"{wish.account_id} {wish.instrument_id} {terms}\n".encode()


def handle(now: Nanos, investors: Flow, wish: OrderWish, order_id: OrderId) -> None:
    """Fill market orders and each third limit order, half of the others."""
    is_all = wish.price is None or order_id % 3 == 0
    filled = wish.quantity if is_all else wish.quantity // 2
    account, name = wish.account_id, wish.instrument_id
    if filled:
        signed = filled if wish.side is Side.BUY else -filled
        investors.holdings.note_fill(now, account, name, signed, Price(100))
    investors.note_rest(now, order_id, account, name, wish.quantity - filled)
