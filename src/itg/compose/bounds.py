"""The bounds of a gateway before a data directory."""

from itg.compose.bundle import signing_key
from itg.compose.data_directory import DataDirectory
from itg.compose.replay_child import REPLAYS
from itg.compose.report_files import REPORTS
from itg.gateway.settings import GatewaySettings


def bounds_of(directory: DataDirectory) -> GatewaySettings:
    """Return a gateway's bounds, with where the directory has what is made after a round."""
    return GatewaySettings(
        bundle_key=signing_key(directory).public_key,
        reports=str(directory.path / REPORTS),
        replays=str(directory.path / REPLAYS),
    )
