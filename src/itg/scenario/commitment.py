"""Commit and reveal: a round's seed is fixed before it and shown after it, and both can be checked.

Before the round the organizer publishes the commitment, a SHA-256; nobody can find the seed from
it, for a salt of 256 random bits goes in. After the round the reveal is published, and everybody
can compute the same SHA-256 from it: the seed was not chosen once the round was known.
"""

import json
from hashlib import sha256

import msgspec
from msgspec import Struct

from itg.kernel.errors import ConfigurationError

FORMAT = "itg-commitment-1"
SALT_BYTES = 32


class Reveal(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a commitment was made of: the four parts of its hash, and the scenario's name or file.

    `salt` is secret until the round is over, and so is the seed where it was not the file's.
    """

    scenario: str
    scenario_hash: str
    seed: int
    build: str
    salt: str


class Part(Struct, frozen=True, kw_only=True):
    """One part of a reveal held against this installation."""

    part: str
    revealed: str
    found: str
    is_equal: bool


def commitment_of(reveal: Reveal) -> str:
    """Return the SHA-256, in hex, over five lines: the format's name and the four parts.

    Anybody can compute it: the lines are `itg-commitment-1`, `scenario_hash=…`, `seed=…`,
    `build=…` and `salt=…`, each ended by a newline.
    """
    parts = ("scenario_hash", "seed", "build", "salt")
    lines = [FORMAT, *(f"{part}={getattr(reveal, part)}" for part in parts)]
    return sha256("".join(f"{line}\n" for line in lines).encode()).hexdigest()


def parts_of(reveal: Reveal, *, scenario_hash: str, build: str, commitment: str) -> list[Part]:
    """Compare a reveal with what was published, and with what this installation makes of it.

    `scenario_hash` is that of the revealed scenario compiled here with the revealed seed, `build`
    this installation's fingerprint, `commitment` what was published before the round.
    """
    pairs = [
        ("scenario_hash", reveal.scenario_hash, scenario_hash),
        ("build", reveal.build, build),
        ("commitment", commitment_of(reveal), commitment.strip().lower()),
    ]
    return [
        Part(part=part, revealed=revealed, found=found, is_equal=revealed == found)
        for part, revealed, found in pairs
    ]


def reveal_text(reveal: Reveal) -> str:
    """Return a reveal as the JSON of its file."""
    return json.dumps(msgspec.to_builtins(reveal), indent=2) + "\n"


def reveal_of(text: str, place: str) -> Reveal:
    """Return the reveal a file holds; `ConfigurationError` naming `place` and the wrong key."""
    try:
        reveal = msgspec.json.decode(text, type=Reveal)
    except msgspec.DecodeError as error:
        raise ConfigurationError(f"{place} is no reveal: {error}") from error
    if "\n" in f"{reveal.scenario_hash}{reveal.build}{reveal.salt}":
        raise ConfigurationError(f"{place} is no reveal: a part has more than one line")
    return reveal
