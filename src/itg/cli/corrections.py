"""Corrections of trades: tried on a copy of the game, or done."""

from collections.abc import Iterator

from msgspec import convert

from itg.cli import exits
from itg.cli.asking import AskingError, Json, Organizer, confirm
from itg.cli.at import At
from itg.cli.running import asked, print_json, show_table, table_of
from itg.wire.v1.corrections import BustPreviewBody, CorrectedTeamBody

REASON_MIN = 3
Moves = Iterator[tuple[str, float | None, float | None]]


def correct_trade(at: At, trade_id: int, price: float | None, reason: str, *, yes: bool) -> int:
    """Bust a trade, or move its price, once that is confirmed."""

    def act(organizer: Organizer) -> None:
        if len(reason) < REASON_MIN:
            raise AskingError("say why with --reason: the audit keeps it", exits.WRONG_USE)
        verb = "Busting" if price is None else "Repricing"
        confirm(f"{verb} trade {trade_id}", yes=yes)
        body: Json = {"reason": reason} if price is None else {"reason": reason, "price": price}
        told = organizer.ask("POST", f"/admin/trades/{trade_id}/bust", body)
        now = told["adjusted_price"]
        counts = "counts no more" if now is None else f"counts at {now}"
        print(
            f"trade {trade_id} of {told['quantity']} {told['instrument_id']} at {told['price']} "
            f"{counts}"
        )

    return asked(at, act)


def preview_correction(at: At, trade_id: int, price: float | None, *, as_json: bool) -> int:
    """Print what correcting a trade would do to each team; nothing is done."""

    def show(organizer: Organizer) -> None:
        body: Json = {} if price is None else {"price": price}
        told = organizer.ask("POST", f"/admin/trades/{trade_id}/bust/preview", body)
        if as_json:
            print_json(told)
        else:
            _print_preview(convert(told, BustPreviewBody))

    return asked(at, show)


def _print_preview(told: BustPreviewBody) -> None:
    counts = "would count no more" if told.adjusted_price is None else "would count at"
    print(
        f"trade {told.trade_id} of {told.quantity} {told.instrument_id} at {told.price} {counts}"
        f"{'' if told.adjusted_price is None else f' {told.adjusted_price}'}; nothing was done"
    )
    table = table_of("team", "side", "position", "cash", "fees back", "P&L", "score", "rank")
    for row in told.items:
        before, after = row.before, row.after
        was, now = before.score, after.score
        table.add_row(
            row.team_name,
            " and ".join(fill.side for fill in row.fills) or "not in it",
            _both(before.net_quantity, after.net_quantity, ",d"),
            f"{after.cash - before.cash:+,.2f}",
            f"{sum(fill.fee_returned for fill in row.fills):+,.2f}",
            f"{after.equity - before.equity:+,.2f}",
            _both(was.score if was else None, now.score if now else None, ".2f"),
            _both(was.rank if was else None, now.rank if now else None, "d"),
        )
    show_table(table)
    moves = [(row.team_name, *move) for row in told.items for move in _moves(row)]
    if moves:
        table = table_of("team", "term", "points")
        for team, term, before_points, points in moves:
            table.add_row(team, term, _both(before_points, points, ".2f"))
        show_table(table)


def _moves(row: CorrectedTeamBody) -> Moves:
    was = row.before.score.terms if row.before.score else None
    now = row.after.score.terms if row.after.score else None
    if was is None or now is None:
        return
    for one, other in zip(was.components, now.components, strict=True):
        if one.points != other.points:
            yield one.name, one.points, other.points
    if was.measured != now.measured:
        yield "J, measured", was.measured, now.measured


def _both(before: float | None, after: float | None, form: str) -> str:
    texts = ["–" if each is None else format(each, form) for each in (before, after)]
    return texts[0] if texts[0] == texts[1] else " → ".join(texts)
