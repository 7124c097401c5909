"""The flags of commands that may serve the organizer at an address of its own."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

if TYPE_CHECKING:
    from itg.compose.game_settings import Address


@Parameter(name="*")
@dataclass(frozen=True)
class AdminAt:
    """Where the organizer is served apart from everybody else, if anywhere."""

    admin_port: Annotated[
        int | None,
        Parameter(
            env_var="ITG_ADMIN_PORT",
            help="Port of a second listener, for the organizer; the first is then without.",
        ),
    ] = None
    admin_host: Annotated[
        str, Parameter(env_var="ITG_ADMIN_HOST", help="Address of that second listener.")
    ] = "127.0.0.1"

    @property
    def address(self) -> "Address | None":
        """Return the organizer's own address, None without one."""
        from itg.compose.game_settings import Address

        return None if self.admin_port is None else Address(self.admin_host, self.admin_port)


NO_ADMIN = AdminAt()
