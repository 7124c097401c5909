"""Surveillance: what looks like abuse in the stream of a game's records.

Self and wash trades, pre-arranged transfers, layering, quote stuffing, marking the close. Owns: the
definitions, as thresholds with a source each, and the cases with their evidence. Does not own: any
judgement; a case is a question to an organizer, and nothing here touches the game.
"""

from itg.lab.surveillance.cases import Case, CaseKind, CaseStatus, Evidence
from itg.lab.surveillance.reading import cases_of_game, day_of_round, rows_of_day
from itg.lab.surveillance.thresholds import Thresholds
from itg.lab.surveillance.watch import Surveillance

__all__ = [
    "Case",
    "CaseKind",
    "CaseStatus",
    "Evidence",
    "Surveillance",
    "Thresholds",
    "cases_of_game",
    "day_of_round",
    "rows_of_day",
]
