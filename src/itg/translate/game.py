"""Teams, rounds and rules."""

from collections.abc import Iterable, Sequence

from msgspec import to_builtins
from msgspec.structs import asdict

from itg.game.contract import AuditEntry, GameState, Round, Team
from itg.kernel.money import PRICE_SCALE
from itg.kernel.times import NS_PER_S, to_micros
from itg.positions.contract import (
    AnyConstraint,
    DeltaLimit,
    LegBalance,
    QuoteCoverage,
    RoleRules,
    halved_rebate,
)
from itg.translate.numbers import usd
from itg.wire.v1.game import AuditBody, RevealBody, RoleBody, RoundBody, RulesBody, TeamBody

ConstraintRow = dict[str, str | int | float | bool | list[str] | dict[str, float]]
PPM = 1_000_000
_MONEY = ("min_width", "ask_alone_below", "max_loss")
_EQUIVALENTS = ("max_delta", "leg_min")  # of the leader


def team_body(team: Team) -> TeamBody:
    """Return a team's public facts."""
    return TeamBody(
        team_id=team.team_id,
        team_name=team.team_name,
        role=team.role,
        registered_us=to_micros(team.registered_ns),
        is_suspended=team.is_suspended,
    )


def round_body(game_round: Round) -> RoundBody:
    """Return a round's facts."""
    end_ns, reveal = game_round.end_ns, game_round.reveal
    return RoundBody(
        round_id=game_round.round_id,
        trading_day=game_round.trading_day,
        status=game_round.status.value,
        start_us=to_micros(game_round.start_ns),
        session_start_us=to_micros(game_round.session_start_ns),
        session_end_us=to_micros(game_round.session_end_ns),
        end_us=None if end_ns is None else to_micros(end_ns),
        is_scored=game_round.is_scored,
        vol_factor=game_round.vol_factor,
        commitment=game_round.commitment or None,
        reveal=None if reveal is None else RevealBody(**asdict(reveal)),
        is_revealed=game_round.is_revealed,
    )


def rules_body(game: GameState, roles: Iterable[RoleRules], codes: Sequence[str]) -> RulesBody:
    """Return the rules of the game; `codes` are those a request can be refused with."""
    rules = game.rules
    return RulesBody(
        scenario=game.scenario,
        scenario_hash=game.scenario_hash,
        open_registration=rules.open_registration,
        lock_step=rules.lock_step,
        speed=rules.speed,
        roles=[
            role_body(role, can_register=role.role in rules.registrable_roles) for role in roles
        ],
        problem_codes=list(codes),
    )


def role_body(role: RoleRules, *, can_register: bool) -> RoleBody:
    """Return a role's rules."""
    return RoleBody(
        role=role.role,
        maker_fee=usd(role.maker_fee),
        taker_fee=usd(role.taker_fee),
        starting_cash=usd(role.starting_cash),
        quotes_allowed=role.quotes_allowed,
        can_register=can_register,
        constraints=[_rule_row(role, constraint) for constraint in role.constraints],
    )


def _rule_row(role: RoleRules, constraint: AnyConstraint) -> ConstraintRow:
    row = constraint_row(constraint)
    if isinstance(constraint, QuoteCoverage):
        row["maker_fee_halved"] = usd(halved_rebate(role.maker_fee))
    return row


def constraint_row(constraint: AnyConstraint) -> ConstraintRow:
    """Return a rule with its `kind` first; money in USD, spans in seconds, deltas as numbers.

    Shares keep their unit, 1e-6, and its name.
    """
    fields: ConstraintRow = to_builtins(constraint)
    row: ConstraintRow = {"kind": fields.pop("type")}
    for name, value in fields.items():
        if name.endswith("_ns") and isinstance(value, int):
            row[f"{name.removesuffix('_ns')}_s"] = value / NS_PER_S
        elif name in _MONEY and isinstance(value, int):
            row[name] = value / PRICE_SCALE
        elif name in _EQUIVALENTS and isinstance(value, int):
            row[name] = value / PPM
        else:
            row[name] = value
    if isinstance(constraint, DeltaLimit | LegBalance):
        row["weights"] = {w.underlying_id: w.weight_ppm / PPM for w in constraint.weights}
    return row


def audit_body(entry: AuditEntry) -> AuditBody:
    """Return one act of the audit."""
    return AuditBody(
        seq=entry.audit_seq,
        game_us=to_micros(entry.at_ns),
        actor=entry.actor,
        act=entry.act,
        subject=entry.subject,
        reason=entry.reason,
        code=entry.refusal_code,
    )
