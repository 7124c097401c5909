"""What is sent in process: two teams, one buying and one selling, an order at a time."""

from collections.abc import Iterator

MID, TICK = 4400.0, 0.05
SIDES = ("buy", "sell")

Requests = Iterator[tuple[str, bytes]]  # side, request


def trading(orders: int) -> Requests:
    """Yield buys and sells in turn at one price: every second order trades."""
    for number in range(orders):
        side = SIDES[number & 1]
        yield side, request(f"t-{number}", side, MID)


def resting(orders: int) -> Requests:
    """Yield orders over 20 price levels a side, of which one in 20 trades."""
    for number in range(orders):
        side = SIDES[number & 1]
        away = -25 if number % 20 == 0 else 1 + number * 7 % 20
        price = MID + (away if side == "sell" else -away) * TICK
        yield side, request(f"r-{number}", side, round(price, 2))


def request(client_order_id: str, side: str, price: float) -> bytes:
    return (
        f'{{"instrument_id":"SPX","side":"{side}","quantity":1,"order_type":"limit",'
        f'"price":{price},"client_order_id":"{client_order_id}"}}'
    ).encode()


FLOWS = (("every 2nd trades", trading), ("every 20th trades", resting))
