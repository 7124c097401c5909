"""The commitment to a served game's seed: made with the game, kept secret, opened after it."""

import secrets
from pathlib import Path

from msgspec.structs import asdict

from itg.compose.data_directory import DataDirectory
from itg.game.contract import CreateGame, RevealSeed, Round, RoundStatus, SeedReveal
from itg.kernel.errors import ConfigurationError
from itg.runtime.fingerprint import code_fingerprint
from itg.scenario.commitment import SALT_BYTES, Reveal, commitment_of, reveal_of, reveal_text
from itg.scenario.files import seed_of


class Commitment:
    """A data directory's reveal; drawn when the game is made, the same ever after."""

    def __init__(self, directory: DataDirectory, drawn: Reveal) -> None:
        self.drawn = drawn
        text = directory.kept(directory.reveal, lambda: reveal_text(drawn))
        self.reveal = reveal_of(text, str(directory.reveal))
        self.hash = commitment_of(self.reveal)
        self._file = directory.reveal

    @classmethod
    def to(
        cls, create: CreateGame, scenario: str, seed: int | None, data: DataDirectory
    ) -> "Commitment":
        """Commit to a compiled scenario, or find what was committed to."""
        drawn = Reveal(
            scenario=Path(scenario).name,  # nobody is told where the organizer keeps it
            scenario_hash=create.scenario_hash,
            seed=seed_of(scenario) if seed is None else seed,
            build=code_fingerprint(),
            salt=secrets.token_hex(SALT_BYTES),
        )
        return cls(data, drawn)

    def refuse_another(self) -> None:
        """Raise `ConfigurationError` where the reveal that was kept is not of this fresh game."""
        for part in ("scenario_hash", "seed", "build"):
            kept, wanted = getattr(self.reveal, part), getattr(self.drawn, part)
            if kept != wanted:
                raise ConfigurationError(
                    f"{self._file} commits to {part} {kept}, this game has {wanted}: remove the "
                    "file, or start what it commits to"
                )

    def opening(self, rounds: tuple[Round, ...]) -> RevealSeed | None:
        """Return what opens the commitment once no round is left to play; None before, or after it.

        A round that was left out is behind once a later one is over.
        """
        is_ours = bool(rounds) and rounds[0].commitment == self.hash
        is_over = bool(rounds) and rounds[-1].status is RoundStatus.ENDED
        if not (is_ours and is_over) or rounds[0].reveal is not None:
            return None
        return RevealSeed(reveal=SeedReveal(**asdict(self.reveal)))
