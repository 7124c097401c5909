"""Rounds, teams and scores."""

from itg.adapters.read_models.migrations.first import (
    drop,
    flag,
    make,
    make_common,
    number,
    small,
    text,
)

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Make the tables."""
    make_common(number("end_ns", optional=True))
    teams = [text(name) for name in ("game", "team_id", "account_id", "team_name", "role")]
    make("teams", teams, "game", "team_id")
    scores = [
        *(text("game"), small("round_id"), text("team_id"), text("account_id"), text("role")),
        *(small("formula_version"), flag("is_final"), number("scored_ns")),
        *map(number, ("kpi", "compliance", "risk", "activity", "measured")),
        *(number(name, optional=True) for name in ("par", "spread", "score")),
        *(small("rank"), flag("is_zeroed"), number("pnl"), number("fees"), number("contracts")),
    ]
    make("scores", scores, "game", "round_id", "team_id")


def downgrade() -> None:
    """Drop the tables: they can be made again from the journal."""
    drop("scores", "teams", "rounds", "cursors", "readings")
