"""What `itg login-link` and the demo do for a browser."""

import webbrowser
from threading import Thread

from itg.cli.asking import Json, Organizer
from itg.cli.at import At
from itg.cli.running import asked, print_json
from itg.cli.teams import team_named

_S_PER_MIN = 60


def show_link(at: At, team: str | None, *, is_read_only: bool, as_json: bool) -> int:
    """Ask for a link and print it."""

    def act(organizer: Organizer) -> None:
        body: Json = {"read_only": True} if is_read_only else {}
        if team is not None:
            body["team_id"] = team_named(organizer, team)["team_id"]
        told = organizer.ask("POST", "/game/login-tickets", body)
        link = f"{organizer.url.rstrip('/')}{told['path']}"
        if as_json:
            print_json({"url": link, "expires_in_s": told["expires_in_s"]})
            return
        print(link)
        expires_in_s = told["expires_in_s"]
        assert isinstance(expires_in_s, int)
        print(f"good once, for {expires_in_s // _S_PER_MIN} minutes")

    return asked(at, act)


def open_page(link: str) -> None:
    """Open a link in the person's browser; what becomes of it nobody waits for."""
    Thread(target=webbrowser.open, args=(link,), daemon=True).start()
