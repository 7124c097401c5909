"""Sessions that were played once and take hours: kept in a file that anybody can count again.

    python -m bench.fairness_kept pack   FILE --cache CACHE --commit COMMIT
    python -m bench.fairness_kept unpack FILE --cache CACHE

One row is a seat: the session's seed and its terms as `SeatTerms` has them. The first line names
what was played and with which tree. `pack` takes all that is in a cache for a scenario and its
honest bots; `unpack` lays it back, so that in a tree of that commit the playing goes on.
`bench.fairness --kept FILE` counts from the file and plays nothing.
"""

import argparse
import csv
import sys
from collections.abc import Iterable
from pathlib import Path

from msgspec import Struct, convert, json
from msgspec.structs import astuple, fields

from itg.compose.par import SeatTerms, origin_of

PAR, HONEST = "par", "honest"
COLUMNS = ("seed", *(field.name for field in fields(SeatTerms)))
Sessions = dict[int, list[SeatTerms]]


class Kept(Struct, frozen=True, kw_only=True):
    """A file of sessions: of which scenario, which tree made them, and what came of each seed."""

    scenario: str
    commit: str
    origin: str
    sessions: Sessions

    def of(self, seeds: Iterable[int]) -> Sessions:
        """Return the sessions of these seeds; raises `SystemExit` where one is not there."""
        wanted = list(seeds)
        missing = [seed for seed in wanted if seed not in self.sessions]
        if missing:
            sys.exit(
                f"{len(missing)} of {len(wanted)} sessions are not kept, the first is seed "
                f"{missing[0]}: play them in a tree of commit {self.commit}"
            )
        return {seed: self.sessions[seed] for seed in wanted}


def read(file: Path) -> Kept:
    """Return what a file keeps."""
    with file.open(encoding="utf-8", newline="") as lines:
        told = dict(word.split("=", 1) for word in next(lines).removeprefix("#").split())
        sessions: Sessions = {}
        for row in csv.DictReader(lines):
            seed = int(row.pop("seed"))
            seat = convert(
                {**row, "is_zeroed": row["is_zeroed"] == "True"}, SeatTerms, strict=False
            )
            sessions.setdefault(seed, []).append(seat)
    return Kept(**told, sessions=sessions)


def write(file: Path, kept: Kept) -> None:
    """Write a file, sessions by their seeds."""
    with file.open("w", encoding="utf-8", newline="") as lines:
        words = (f"{name}={getattr(kept, name)}" for name in ("scenario", "commit", "origin"))
        lines.write(f"# {' '.join(words)}\n")
        rows = csv.writer(lines, lineterminator="\n")
        rows.writerow(COLUMNS)
        for seed, seats in sorted(kept.sessions.items()):
            rows.writerows((seed, *astuple(seat)) for seat in seats)


def _cached(cache: Path, origin: str) -> list[Path]:
    return [cache / PAR / origin, *sorted((cache / "fairness").glob(f"*/{HONEST}"))]


def pack(asked: argparse.Namespace) -> None:
    """Write the file of what a cache holds."""
    sessions: Sessions = {}
    for place in _cached(asked.cache, asked.origin):
        for file in place.glob("*.json"):
            sessions[int(file.stem)] = json.decode(file.read_bytes(), type=list[SeatTerms])
    kept = Kept(
        scenario=asked.scenario, commit=asked.commit, origin=asked.origin, sessions=sessions
    )
    write(asked.file, kept)
    print(f"{len(sessions)} sessions in {asked.file}")


def unpack(asked: argparse.Namespace) -> None:
    """Lay what a file keeps into a cache."""
    from bench.fairness import OTHER_SEEDS, Job, place_of  # noqa: PLC0415 - it reads these files

    kept = read(asked.file)
    for seed, seats in kept.sessions.items():
        if seed < OTHER_SEEDS:
            place = asked.cache / PAR / kept.origin / f"{seed}.json"
        else:
            place = place_of(asked.cache, Job(kept.scenario, HONEST, seed))
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(json.encode(seats))
    print(f"{len(kept.sessions)} sessions in {asked.cache}, of {kept.origin}")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=("pack", "unpack"))
    parser.add_argument("file", type=Path)
    parser.add_argument("--cache", type=Path, required=True)
    parser.add_argument("--scenario", default="liquid")
    parser.add_argument("--commit", default="", help="for pack: of the tree that played them")
    parser.add_argument("--origin", default="", help="for pack: of that tree; default: of this one")
    asked = parser.parse_args()
    asked.origin = asked.origin or origin_of(asked.scenario)
    (pack if asked.what == "pack" else unpack)(asked)
    return 0


if __name__ == "__main__":
    sys.exit(main())
