"""The SDK for bots and scripts: sessions, bots, local books, option maths.

Owns everything a player's program needs to talk to a server. Does not own any rule of the game: it
speaks the public wire and imports nothing else of the house.
"""

from itg.client.account import Account
from itg.client.book import Book
from itg.client.bot import Bot
from itg.client.dice import Dice
from itg.client.errors import (
    AccessDeniedError,
    BotFileError,
    ClientError,
    ConflictError,
    ConnectionFailedError,
    InvalidKeyError,
    InvalidRequestError,
    LimitExceededError,
    LockStepError,
    NotFoundError,
    OrderRejectedError,
    OutcomeUnknownError,
    RateLimitedError,
    RefusedError,
    SessionClosedError,
    UnavailableError,
    WrongPhaseError,
)
from itg.client.link import Link, LinkOptions
from itg.client.load import load_bot
from itg.client.rest import Rest
from itg.client.run import run_bot, run_many
from itg.client.session import Session
from itg.client.sync import SyncSession

__all__ = [
    "AccessDeniedError",
    "Account",
    "Book",
    "Bot",
    "BotFileError",
    "ClientError",
    "ConflictError",
    "ConnectionFailedError",
    "Dice",
    "InvalidKeyError",
    "InvalidRequestError",
    "LimitExceededError",
    "Link",
    "LinkOptions",
    "LockStepError",
    "NotFoundError",
    "OrderRejectedError",
    "OutcomeUnknownError",
    "RateLimitedError",
    "RefusedError",
    "Rest",
    "Session",
    "SessionClosedError",
    "SyncSession",
    "UnavailableError",
    "WrongPhaseError",
    "load_bot",
    "run_bot",
    "run_many",
]
