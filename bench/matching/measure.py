"""One engine on one stream, in a process and an interpreter of its own; prints one JSON line.

    python -m bench.matching.measure ADAPTER.py thin|normal|deep|chain|cancels

Rates are commands per second of CPU time, the best of the repeats; filling the books is not timed.
`cancels` cancels 5,000 orders of one price in a shuffled order. Nothing but the standard library
and the adapter's engine is needed here.
"""

import gc
import importlib.util
import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from bench.matching.dice import SEED, Dice
from bench.matching.flow import AMEND, CANCEL, NEW, SHAPES, Command, Flow, Shape, Trade

COMMANDS = 60_000
CANCELS = 5_000
REPEATS = 3


class Engine(Protocol):
    """What an adapter makes of an engine; prices in ticks, side 0 buys."""

    def new(  # noqa: PLR0913, PLR0917 - the fields of an order
        self, book: int, side: int, order: int, price: int, quantity: int, account: int, /
    ) -> None: ...

    def cancel(self, book: int, order: int, /) -> None: ...

    def amend(self, book: int, order: int, side: int, price: int, quantity: int, /) -> None: ...

    def tape(self) -> list[Trade]: ...


EngineOf = Callable[[int], Engine]
Result = dict[str, float | bool]


def main() -> None:
    adapter, stream = sys.argv[1:]
    make = engine_of(Path(adapter))
    result = cancels(make) if stream == "cancels" else mixed(make, SHAPES[stream])
    print(json.dumps(result))


def engine_of(adapter: Path) -> EngineOf:
    spec = importlib.util.spec_from_file_location(f"adapter_{adapter.stem}", adapter)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    made: EngineOf = module.Engine
    return made


def mixed(make: EngineOf, shape: Shape) -> Result:
    flow = Flow(shape)
    filling, traffic = list(flow.filling()), list(flow.traffic(COMMANDS))
    return timed(make, shape.books, filling, traffic, flow.tape)


def cancels(make: EngineOf) -> Result:
    orders = range(1, CANCELS + 1)
    filling = [Command(NEW, 0, 0, order, 10_000, 1, order % 30) for order in orders]
    gone = Dice(SEED).sample(orders, CANCELS)
    traffic = [Command(CANCEL, 0, 0, order, 0, 0, order % 30) for order in gone]
    return timed(make, 1, filling, traffic, [])


def timed(
    make: EngineOf, books: int, filling: list[Command], traffic: list[Command], tape: list[Trade]
) -> Result:
    best, is_exact = 0.0, True
    gc.collect()
    gc.freeze()
    for _ in range(REPEATS):
        engine = make(books)
        play(engine, filling)
        gc.collect()
        started = time.process_time()
        play(engine, traffic)
        best = max(best, len(traffic) / (time.process_time() - started))
        is_exact = is_exact and engine.tape() == tape
    return {"per_s": best, "is_exact": is_exact}


def play(engine: Engine, commands: list[Command]) -> None:
    new, cancel, amend = engine.new, engine.cancel, engine.amend
    for kind, book, side, order, price, quantity, account in commands:
        if kind == NEW:
            new(book, side, order, price, quantity, account)
        elif kind == CANCEL:
            cancel(book, order)
        else:
            assert kind == AMEND
            amend(book, order, side, price, quantity)


if __name__ == "__main__":
    main()
