"""Reports out of a data directory: the inputs are run again up to where the scores were told."""

from collections.abc import Sequence
from pathlib import Path

from itg.compose.report_files import corrections_in, scored_at, write_reports
from itg.compose.verify import machine_of, opened_for_reading
from itg.game.contract import GameState, GetGame
from itg.kernel.ids import AccountId, Seq
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
                    answers = _asked(machine, round_id, scored.accounts)
                    return write_reports(report_bodies(answers, fold), folder)
    finally:
        journal.close()
    raise AssertionError("the scores are in the journal")


def _asked(machine: Machine, round_id: int, accounts: Sequence[AccountId]) -> RoundAnswers:
    game = machine.query(GetGame())
    assert isinstance(game, GameState)
    start_ns = game.rules.rounds[round_id - 1].start_ns
    replies = [machine.query(query) for query in report_queries(round_id, start_ns, accounts)]
    return answers_of(round_id, accounts, replies)
