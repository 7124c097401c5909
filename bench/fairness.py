"""Are scores fair between roles, and can they be had without playing? Measured.

    python -m bench.fairness pars     --scenario liquid --sessions 48
    python -m bench.fairness roles    --scenario liquid --sessions 48 --played 48
    python -m bench.fairness luck     --scenario liquid --sessions 48 --played 48
    python -m bench.fairness exploits --scenario liquid --sessions 48 --played 16

Every session is a fast one with two bots of each role. `pars` finds par, spread and risk's
references over so many sessions and prints them as a scenario has them. `roles` plays others and
holds S of each role against 50; `luck` asks how often halves of all of them, drawn at random, are
as far apart; `exploits` puts a bot that cheats into a seat and compares its S
with the honest bot's on the same seeds. Pars are those of `--sessions` again. What was played is
kept in `--cache` under a hash of all it depends on: a run that was stopped goes on where it was.
`--kept` counts from a file of sessions that were played once (`bench.fairness_kept`): pars, and
`roles`; the seats of `exploits` are always played, the honest ones beside the cheats.
"""

import argparse
import sys
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from hashlib import sha256
from multiprocessing import get_context
from os import cpu_count
from pathlib import Path
from statistics import fmean, stdev

from bench import exploits, fairness_kept
from bench.balance.study import mean_error
from msgspec import Struct, json

from itg import scenario
from itg.cli.score_views import par_toml
from itg.compose.par import (
    ParResult,
    ParSettings,
    SeatTerms,
    find_par,
    measured_of,
    origin_of,
    play_session,
    roles_of,
)
from itg.game.contract import ScoringRules
from itg.kernel.rng import Rng

OTHER_SEEDS = 10_001
PPM = 1_000_000
POINTS = 2.0  # a role's mean is to be within so many of 50
SPLITS = 2_000
ROLES = tuple(dict.fromkeys(exploits.CREW))


class Job(Struct, frozen=True):
    """One session: a case of `exploits.CASES` in a scenario with a seed."""

    scenario: str
    case: str
    seed: int


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=("pars", "roles", "luck", "exploits"))
    parser.add_argument("--scenario", default="liquid")
    parser.add_argument("--sessions", type=int, default=48, help="for par")
    parser.add_argument("--played", type=int, default=48, help="for roles and exploits")
    parser.add_argument("--first", type=int, default=OTHER_SEEDS)
    parser.add_argument("--jobs", type=int, default=cpu_count() or 1)
    parser.add_argument("--cache", type=Path, default=Path.home() / ".cache" / "itg")
    parser.add_argument("--plot", type=Path, default=None, help="of `roles`, an SVG file")
    parser.add_argument("--kept", type=Path, default=None, help="count from this")
    asked = parser.parse_args()
    found = find(asked)
    seeds = range(asked.first, asked.first + asked.played)
    if asked.what == "pars":
        print(par_toml(found), end="")
    elif asked.what == "roles":
        _roles(asked, found, seeds)
    elif asked.what == "luck":
        _luck(asked, found, seeds)
    else:
        _exploits(asked, found, seeds)
    return 0


def find(asked: argparse.Namespace) -> ParResult:
    """Return the pars, played or, with `--kept`, counted."""
    settings = ParSettings(
        scenario=asked.scenario,
        sessions=asked.sessions,
        cache=asked.cache,
        jobs=asked.jobs,
        with_references=True,
    )
    if asked.kept is not None:
        kept = fairness_kept.read(asked.kept)
        games = kept.of(range(1, asked.sessions + 1)).values()
        every = [seat for seats in games for seat in seats]
        return ParResult(
            scenario=kept.scenario,
            origin=kept.origin,
            sessions=asked.sessions,
            played=0,
            roles=roles_of(settings, every, rules_of(kept.scenario)),
        )
    done = 0

    def tell() -> None:
        nonlocal done
        done += 1
        print(f"\rpar: {done} of {asked.sessions} sessions", end="", file=sys.stderr, flush=True)

    pars = find_par(settings, tell)
    print(file=sys.stderr)
    return pars


def rules_of(name: str) -> ScoringRules:
    """Return the rules of scoring of a scenario that has some."""
    rules = scenario.load(name, seed=0, lock_step=True, is_fast=True).rules.scoring
    assert rules is not None, "pars were found"
    return rules


class Scorer:
    """From a seat's terms to S, by pars that were found."""

    def __init__(self, name: str, pars: ParResult) -> None:
        self.rules = rules_of(name)
        self.pars = {role.role: role for role in pars.roles}

    def score(self, terms: SeatTerms) -> float:
        """Return S in points."""
        par = self.pars[terms.role]
        # As the scenario would have them: whole USD.
        references = float(round(par.drawdown_reference)), float(round(par.deviation_reference))
        measured = measured_of(terms, references, self.rules) / PPM
        numbers = self.rules.numbers
        apart = (measured - par.par) / par.spread if par.spread else 0.0
        return 50.0 + numbers.points_per_spread * max(
            -numbers.spreads_max, min(apart, numbers.spreads_max)
        )

    def by_role(self, game: Sequence[SeatTerms]) -> dict[str, list[float]]:
        """Return S of a session's seats by role."""
        return {role: [self.score(one) for one in game if one.role == role] for role in ROLES}


def played(asked: argparse.Namespace, jobs: Sequence[Job]) -> list[list[SeatTerms]]:
    """Return what each job's seats came to; play what is not kept."""
    if asked.kept is not None and all(job.case == fairness_kept.HONEST for job in jobs):
        sessions = fairness_kept.read(asked.kept).of(job.seed for job in jobs)
        return [sessions[job.seed] for job in jobs]
    places = [place_of(asked.cache, job) for job in jobs]
    missing = [(job, place) for job, place in zip(jobs, places, strict=True) if not place.exists()]
    if missing:
        with ProcessPoolExecutor(asked.jobs, mp_context=get_context("spawn")) as pool:
            for done, _ in enumerate(pool.map(_play, *zip(*missing, strict=True)), start=1):
                told = f"\r{done} of {len(missing)} sessions"
                print(told, end="", file=sys.stderr, flush=True)
        print(file=sys.stderr)
    return [json.decode(place.read_bytes(), type=list[SeatTerms]) for place in places]


def place_of(cache: Path, job: Job) -> Path:
    """Return where a session's terms are, or will be."""
    digest = sha256(origin_of(job.scenario).encode())
    digest.update(Path(exploits.__file__).read_bytes())
    case = job.case.replace(", ", "-").replace(" ", "-")
    return cache / "fairness" / digest.hexdigest()[:32] / case / f"{job.seed}.json"


def _play(job: Job, place: Path) -> None:
    seats = exploits.seats(exploits.CASES[job.case]())
    terms = play_session(job.scenario, job.seed, seats)
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_bytes(json.encode(terms))


def _roles(asked: argparse.Namespace, pars: ParResult, seeds: Sequence[int]) -> None:
    scorer = Scorer(asked.scenario, pars)
    games = played(asked, [Job(asked.scenario, "honest", seed) for seed in seeds])
    scores: dict[str, list[list[float]]] = {role: [] for role in ROLES}
    for game in games:
        for role, points in scorer.by_role(game).items():
            scores[role].append(points)
    print(f"\nK = {pars.sessions}, seeds {seeds[0]} to {seeds[-1]}\n")
    print(
        "| role | mean S | 2 SE | with par's | within 2 points and 2 SE | with par's | deviation |"
    )
    print("|---|--:|--:|--:|---|---|--:|")
    # Par is the mean of as noisy sessions: what is compared has the error of both.
    both = (1 + len(seeds) / pars.sessions) ** 0.5
    for role, rows in scores.items():
        # Two bots of one session share its luck: sessions are independent, seats are not.
        mean, error = mean_error([fmean(row) for row in rows])
        bounds = 2 * error, 2 * error * both
        told = ["yes" if abs(mean - 50) <= min(POINTS, bound) else "no" for bound in bounds]
        every = stdev([score for row in rows for score in row])
        print(
            f"| {role} | {mean:.1f} | {bounds[0]:.1f} | {bounds[1]:.1f} "
            f"| {told[0]} | {told[1]} | {every:.1f} |"
        )
    print(f"\nThe role explains {100 * explained(scores):.2f} % of the variance of S.")
    if asked.plot is not None:
        from bench.fairness_plot import draw  # noqa: PLC0415 - matplotlib is an extra

        draw({role: [s for row in rows for s in row] for role, rows in scores.items()}, asked.plot)


def _luck(asked: argparse.Namespace, pars: ParResult, seeds: Sequence[int]) -> None:
    """Split all sessions at random as they are split into par's and the others (Fisher 1935)."""
    scorer, own = Scorer(asked.scenario, pars), range(1, pars.sessions + 1)
    games = played(asked, [Job(asked.scenario, "honest", seed) for seed in (*own, *seeds)])
    means = [[fmean(points) for points in scorer.by_role(game).values()] for game in games]
    seen = _apart(means, len(own))
    dice = Rng(1, "luck")
    drawn = [_apart(dice.shuffled(means), len(own)) for _ in range(SPLITS)]
    as_far = fmean(each >= seen for each in drawn)
    beyond = fmean(each > POINTS for each in drawn)
    print(f"\nThe role that is furthest apart: {seen:.2f} points. Of {SPLITS:,} random splits")
    print(f"{as_far:.1%} are as far apart, {beyond:.1%} further than {POINTS:g} points.")


def _apart(means: Sequence[Sequence[float]], first: int) -> float:
    """Return how far the first sessions' mean is from the others', of the role where it is most."""
    halves = means[:first], means[first:]
    return max(
        abs(fmean(row[role] for row in halves[0]) - fmean(row[role] for row in halves[1]))
        for role in range(len(ROLES))
    )


def explained(scores: dict[str, list[list[float]]]) -> float:
    """Return η²: the squares between the roles' means over all squares (Fisher 1925)."""
    groups = [[score for row in rows for score in row] for rows in scores.values()]
    every = [score for group in groups for score in group]
    middle = fmean(every)
    whole = sum((score - middle) ** 2 for score in every)
    between = sum(len(group) * (fmean(group) - middle) ** 2 for group in groups)
    return between / whole if whole else 0.0


def _exploits(asked: argparse.Namespace, pars: ParResult, seeds: Sequence[int]) -> None:
    scorer = Scorer(asked.scenario, pars)
    jobs = [Job(asked.scenario, case, seed) for case in exploits.CASES for seed in seeds]
    games = played(asked, jobs)
    by_case: dict[str, list[list[SeatTerms]]] = {case: [] for case in exploits.CASES}
    for job, game in zip(jobs, games, strict=True):
        by_case[job.case].append(game)
    print(f"\nK = {pars.sessions}, seeds {seeds[0]} to {seeds[-1]}\n")
    print("| who | S, honest | S | change | SE | pays |")
    print("|---|--:|--:|--:|--:|---|")
    for what, case, seat, base in exploits.COMPARED:
        honest = [scorer.score(game[seat]) for game in by_case[base]]
        cheat = [scorer.score(game[seat]) for game in by_case[case]]
        change = [mine - theirs for mine, theirs in zip(cheat, honest, strict=True)]
        mean, error = mean_error(change)
        pays = "yes" if mean > 2 * error else "no"
        print(
            f"| {what} | {fmean(honest):.1f} | {fmean(cheat):.1f} "
            f"| {mean:+.1f} | {error:.1f} | {pays} |"
        )


if __name__ == "__main__":
    sys.exit(main())
