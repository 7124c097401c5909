"""What `itg news` does."""

from datetime import datetime

from itg.cli import exits
from itg.cli.asking import AskingError, Json, Organizer
from itg.cli.at import At
from itg.cli.running import asked, instant, print_json, table_of
from itg.cli.running import show_table as print_table

_MICROS = 1_000_000


def trigger_news(
    at: At, headline: str, outcome: tuple[float, bool | None, float | None], reason: str
) -> int:
    """Publish a headline now, or soon."""

    def act(organizer: Organizer) -> None:
        seconds, shift, jump = outcome
        body: Json = {"headline_id": headline, "effective_in_s": seconds, "reason": reason}
        print(_words(organizer.ask("POST", "/events/trigger", body | _fixed(shift, jump))))

    return asked(at, act)


def schedule_news(
    at: At, headline: str, at_time: str, outcome: tuple[bool | None, float | None], reason: str
) -> int:
    """Publish a headline at an instant of game time."""

    def act(organizer: Organizer) -> None:
        body: Json = {
            "headline_id": headline,
            "effective_us": _micros(at_time),
            "reason": reason,
        }
        print(_words(organizer.ask("POST", "/events/scheduled", body | _fixed(*outcome))))

    return asked(at, act)


def cancel_news(at: At, news_id: int, reason: str) -> int:
    """Withdraw news that is not out yet."""

    def act(organizer: Organizer) -> None:
        from urllib.parse import quote

        path = f"/events/scheduled/{news_id}"
        organizer.ask("DELETE", f"{path}?reason={quote(reason, safe='')}" if reason else path)
        print(f"news {news_id} is withdrawn")

    return asked(at, act)


def show_table(at: At, *, as_json: bool) -> int:
    """Print the headlines with their chances, and the news to come."""

    def act(organizer: Organizer) -> None:
        table = organizer.get("/events/table")["items"]
        coming = organizer.items("/events/scheduled")
        if as_json:
            print_json({"headlines": table, "scheduled": coming})
            return
        assert isinstance(table, list)
        shown = table_of("headline_id", "weight", "shift", "jump", "sign", "size", "headline")
        for row in table:
            size = f"{row['size_min'] * 100:g}-{row['size_max'] * 100:g} %"
            chances = (f"{row[name] * 100:g} %" for name in ("shift", "jump"))
            words = (row["headline_id"], f"{row['weight']:g}", *chances)
            shown.add_row(*words, row["sign"], size, row["headline"])
        print_table(shown)
        for item in coming:
            print(_words(item))

    return asked(at, act)


def _fixed(shift: bool | None, jump: float | None) -> Json:  # noqa: FBT001 - as it is on the wire
    named = {"is_shift": shift, "jump": jump}
    return {name: value for name, value in named.items() if value is not None}


def _words(item: Json) -> str:
    return f"news {item['news_id']} at {instant(item['effective_us'])} (UTC): {item['headline']}"


def _micros(text: str) -> int:
    try:
        at = datetime.fromisoformat(text)
    except ValueError as error:
        detail = f"--at {text!r} is no time; write 2026-12-01T15:30:00Z"
        raise AskingError(detail, exits.WRONG_USE) from error
    if at.tzinfo is None:
        detail = f"--at {text!r} has no zone; write it with Z or an offset such as -06:00"
        raise AskingError(detail, exits.WRONG_USE)
    return round(at.timestamp() * _MICROS)
