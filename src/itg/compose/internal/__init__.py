"""A node's own port, for its neighbours and those who keep it: events, health, state, queries."""

from itg.compose.internal.desk import Desk
from itg.compose.internal.document import document
from itg.compose.internal.events import LIMIT
from itg.compose.internal.port import TOKEN_FILE, InternalPort, address_of, token_of

__all__ = ["LIMIT", "TOKEN_FILE", "Desk", "InternalPort", "address_of", "document", "token_of"]
