"""Reports out of a data directory: the inputs are run again up to where the scores were told."""

from pathlib import Path

from itg.compose.report_files import corrections_in, scored_at, write_reports
from itg.compose.verify import machine_of, opened_for_reading
from itg.game.contract import GameState, GetGame, RoundScore
from itg.kernel.ids import Seq
from itg.runtime.cascade import Machine
from itg.runtime.journal import checked_rows
from itg.runtime.recovery import replayed
from itg.translate.report import RoundAnswers, answers_of, report_bodies, report_queries
from itg.translate.round_fold import RoundFold


def report_again(data: Path, round_id: int, folder: Path) -> list[Path]:
    """Write a round's reports anew, equal to those the game wrote; beside a running game too.

    Raises `ConfigurationError` where the round has no scores, `RecoveryError` if the journal does
    not replay.
    """
    journal = opened_for_reading(data)
    try:
        machine = machine_of(journal)
        scored = scored_at(journal, machine.codec, round_id)
        fold = RoundFold(round_id, corrections_in(journal, machine.codec, scored.seq))
        for row in checked_rows(journal, Seq(0)):
            for record in replayed(machine, row):
                fold.add(record.game_ns, record.outputs)
                if record.seq == scored.seq:
                    answers = _asked(machine, scored.scores)
                    return write_reports(report_bodies(answers, fold), folder)
    finally:
        journal.close()
    raise AssertionError("the scores are in the journal")


def _asked(machine: Machine, scores: RoundScore) -> RoundAnswers:
    round_id, accounts = scores.round_id, [team.account_id for team in scores.teams]
    game = machine.query(GetGame())
    assert isinstance(game, GameState)
    start_ns = game.rules.rounds[round_id - 1].start_ns
    queries = report_queries(round_id, start_ns, scores.scored_ns, accounts)
    replies = [machine.query(query) for query in queries]
    return answers_of(round_id, accounts, replies)
