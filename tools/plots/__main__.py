"""Draw the pictures of the model, measured: `make plots`, or some by name."""

import sys

from tools.plots import flows, prices, signals
from tools.plots.style import FOLDER

PICTURES = {
    "a-day": prices.a_day,
    "returns": prices.returns,
    "memory": prices.memory,
    "tracking-error": prices.tracking,
    "signals": signals.calibration,
    "bands": signals.bands,
    "headlines": flows.headlines,
    "investors": flows.investors,
}


def main() -> None:
    print(f"pictures in {FOLDER}")
    for name in sys.argv[1:] or PICTURES:
        PICTURES[name]()


if __name__ == "__main__":
    main()
