"""One engine on one stream, in a process and an interpreter of its own; prints one JSON line.

    python -m bench.matching.measure ADAPTER.py thin|normal|deep|chain|cancels

Rates are commands per second of CPU time, the best of the repeats; filling the books is not timed.
`cancels` cancels 5,000 orders of one price in a shuffled order. Nothing but the standard library
and the adapter's engine is needed here.
"""

import gc
import importlib.util
import json
import random
import sys
import time
from pathlib import Path

from bench.matching.flow import AMEND, CANCEL, NEW, SHAPES, Command, Flow, Shape, Trade

COMMANDS = 60_000
CANCELS = 5_000
REPEATS = 3


def main() -> None:
    adapter, stream = sys.argv[1:]
    engine = engine_of(Path(adapter))
    result = cancels(engine) if stream == "cancels" else mixed(engine, SHAPES[stream])
    print(json.dumps(result))


def engine_of(adapter: Path):
    spec = importlib.util.spec_from_file_location(f"adapter_{adapter.stem}", adapter)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.Engine


def mixed(engine_class, shape: Shape) -> dict[str, float | bool]:
    flow = Flow(shape)
    filling, traffic = list(flow.filling()), list(flow.traffic(COMMANDS))
    return timed(engine_class, shape.books, filling, traffic, flow.tape)


def cancels(engine_class) -> dict[str, float | bool]:
    orders = range(1, CANCELS + 1)
    filling = [Command(NEW, 0, 0, order, 10_000, 1, order % 30) for order in orders]
    gone = random.Random(7).sample(orders, CANCELS)
    traffic = [Command(CANCEL, 0, 0, order, 0, 0, order % 30) for order in gone]
    return timed(engine_class, 1, filling, traffic, [])


def timed(
    engine_class, books: int, filling: list[Command], traffic: list[Command], tape: list[Trade]
) -> dict[str, float | bool]:
    best, is_exact = 0.0, True
    gc.collect()
    gc.freeze()
    for _ in range(REPEATS):
        engine = engine_class(books)
        play(engine, filling)
        gc.collect()
        started = time.process_time()
        play(engine, traffic)
        best = max(best, len(traffic) / (time.process_time() - started))
        is_exact = is_exact and engine.tape() == tape
    return {"per_s": best, "is_exact": is_exact}


def play(engine, commands: list[Command]) -> None:
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
