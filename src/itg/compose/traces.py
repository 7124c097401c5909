"""Traces of a share of the requests, where they are asked for; nothing is loaded otherwise."""

import asyncio
import os
from typing import TYPE_CHECKING

from itg.gateway import Gateway
from itg.kernel.errors import ConfigurationError
from itg.runtime.trails import Trails

if TYPE_CHECKING:
    from itg.adapters.telemetry import SpanExport

_DISABLED = "OTEL_SDK_DISABLED"


class Traces:
    """The spans of one gateway; `share` 0: none are made."""

    def __init__(self, share: float, service: str) -> None:
        if not 0 <= share <= 1:
            raise ConfigurationError(
                f"--trace-share {share:g} is no share of the requests: give 0 to 1"
            )
        self._share = share
        self._export: SpanExport | None = None
        if share > 0 and os.environ.get(_DISABLED, "").lower() != "true":
            self._export = _export_of(service)

    def follow(self, gateway: Gateway) -> None:
        """Sample a gateway's requests from now on."""
        if self._export is not None:
            clock = gateway.pump.clock
            gateway.trails = Trails(self._share, clock.wall_ns, self._export.offer)

    async def stop(self) -> None:
        """Export what is left, for some seconds at most."""
        if self._export is not None:
            await asyncio.to_thread(self._export.close)


def _export_of(service: str) -> "SpanExport":
    try:
        from itg.adapters.telemetry import SpanExport  # noqa: PLC0415 - an extra
    except ImportError as error:
        raise ConfigurationError(
            "--trace-share needs the extra otel: pip install 'intern-trading-game[otel]'"
        ) from error
    return SpanExport(service)
