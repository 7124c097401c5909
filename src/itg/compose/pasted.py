"""Scenarios that came over the network: what is wrong with one, before anything is made of it."""

import tomllib
from collections.abc import Iterator, Sequence

from itg import scenario
from itg.compose.models import model_faults
from itg.kernel.errors import ConfigurationError
from itg.scenario import available
from itg.scenario.faults import faults_of


def reaching_out(text: str) -> Iterator[str]:
    """Tell what a text would read of this machine beside the shipped scenarios."""
    try:
        tables = tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return  # told as a fault of the file
    base, market = tables.get("extends"), tables.get("market")
    if base is not None and base not in available():
        yield f"extends: a text extends a shipped scenario: {', '.join(available())}"
    if isinstance(market, dict) and "recording" in market:
        yield "market.recording: a text brings no recording; check the file with the command line"


def faults_at(name: str) -> Sequence[str]:
    """Return what is wrong with a shipped scenario or a file; one that cannot be read is told too.

    A fault names file, table and key.
    """
    try:
        found = faults_of(name)
        return found or [*model_faults(scenario.load(name))]
    except ConfigurationError as error:
        return [str(error)]
