"""The organizer's commands against a real server, and what they say when something is wrong."""

import csv
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.system.desk import Desk, itg
from tests.system.server import Server

from itg.cli import exits
from itg.cli.asking import Json, Organizer, RefusedRequestError
from itg.kernel.errors import ConfigurationError

pytestmark = pytest.mark.system

SEASON = """
extends = "demo"
[clock]
start_on_create = false
[registration]
rotation = "latin_square"
[session]
days = 2
pre_open_s = 1
freeze_s = 1
"""
NAMES = ("admin.key", "join.code", "reveal.json")  # what only their owner may read
NOWHERE = "http://127.0.0.1:9"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("organizer")
    file = folder / "season.toml"
    file.write_text(SEASON, encoding="utf-8")
    assert itg("game", "new", "--scenario", str(file), "--data", str(folder / "data")) == exits.DONE
    with Server(folder / "data", str(file)) as running:
        yield running


@pytest.fixture
def desk(server: Server) -> Desk:
    return Desk(server)


def test_a_day_from_the_roster_to_the_audit(desk: Desk, tmp_path: Path) -> None:
    roster = tmp_path / "roster.csv"
    roster.write_text(
        'team_name,role\nBlue,hedge_fund\n"Red, Inc",market_maker\nGold,hedge_fund\n', "utf-8"
    )
    earlier = desk.read("audit")  # of other tests, which use the same server
    assert isinstance(earlier, list)
    acts_before = len(earlier)
    assert desk("team", "import", str(roster), "--reason", "day one") == exits.DONE
    keys = desk.server.data / "team-keys.csv"
    assert stat.S_IMODE(keys.stat().st_mode) == 0o600
    # Other tests of this server may have added teams before.
    rows = list(csv.DictReader(keys.read_text().splitlines()))[-3:]
    assert [row["team_name"] for row in rows] == ["Blue", "Red, Inc", "Gold"]
    assert not [row for row in rows if row["api_key"] in desk.said + desk.complained]

    assert desk("team", "schedule") == exits.DONE
    printed = desk.read("team", "schedule")
    assert isinstance(printed, list)
    assert desk("game", "start", "--reason", "on time") == exits.DONE
    teams = desk.read("team", "list")
    assert isinstance(teams, list)
    assert [t["role"] for t in teams] == [seat["role"] for seat in printed[0]["seats"]]
    (blue,) = [str(t["team_id"]) for t in teams if t["team_name"] == "Blue"]

    assert desk("game", "pause") == exits.DONE
    assert desk("game", "resume") == exits.DONE
    assert desk("game", "extend", "60", "--reason", "a late start") == exits.DONE
    while desk.phase() != "continuous":
        pass
    assert desk("game", "halt", "--underlying", "SPX", "--for", "500") == exits.DONE
    assert desk("game", "resume", "--halt", "--underlying", "SPX") == exits.DONE
    assert desk("team", "message", "good luck", "--team", "Blue") == exits.DONE
    assert desk("team", "suspend", "Blue", "--reason", "flooding", "--yes") == exits.DONE
    assert desk("team", "resume", blue, "--reason", "sorted out") == exits.DONE
    cash = ("--cash", "12.5", "--reason", "a mistake", "--yes")
    assert desk("team", "adjust", blue, *cash) == exits.DONE
    contracts = ("--instrument", "SPX", "--quantity", "-2", "--price", "4400")
    assert desk("team", "adjust", blue, *contracts, *cash) == exits.DONE
    before = len(keys.read_text().splitlines())
    assert desk("team", "rotate-key", "Gold", "--overlap", "0") == exits.DONE
    assert len(keys.read_text().splitlines()) == before + 1
    trigger = ("--in", "400", "--shift", "--jump", "-0.01", "--reason", "drill")
    assert desk("news", "trigger", "gdp-beat", *trigger) == exits.DONE
    number = desk.said.split()[1]
    assert desk("news", "cancel", number) == exits.DONE
    assert desk("news", "table") == exits.DONE
    assert desk("game", "status") == exits.DONE
    assert desk("game", "end", "--yes") == exits.DONE

    audit = desk.read("audit")
    assert isinstance(audit, list)
    assert [row["act"] for row in audit[acts_before:]] == [
        *("team.import", "round.start", "round.pause", "round.resume", "round.extend"),
        *("market.halt", "market.resume", "message.send", "team.suspend", "team.resume"),
        *("team.adjust", "team.adjust", "team.rotate_key", "news.announce", "news.withdraw"),
        "round.end",
    ]
    assert desk("audit") == exits.DONE
    assert "a late start" in desk.said


def test_what_cannot_be_undone_is_not_done_without_a_yes(desk: Desk) -> None:
    for words in (
        ("trade", "bust", "999999", "--reason", "wrong"),
        ("trade", "adjust", "999999", "--price", "3", "--reason", "wrong"),
    ):
        assert desk(*words) == exits.WRONG_USE
        assert "--yes" in desk.complained
        assert desk(*words, "--yes") == exits.FAILED
        assert "TRADE_NOT_FOUND" in desk.complained


def test_an_instruments_newest_trades_are_listed_with_their_ids(desk: Desk) -> None:
    organizer = Organizer(url=desk.server.url, api_key=desk.server.admin_key)
    tape = [row["trade_id"] for row in organizer.items("/exchange/trades?instrument_id=SPX")]
    listed = desk.read("trade", "list", "SPX", "--last", "2")
    assert [row["trade_id"] for row in rows(listed)] == tape[-2:]
    assert desk.do("trade", "list", "SPX").startswith("trade")
    assert desk("trade", "list", "SPXX") == exits.FAILED


def test_every_bad_line_of_a_roster_is_named_and_nobody_is_registered(
    desk: Desk, tmp_path: Path
) -> None:
    before = desk.read("team", "list")
    file = tmp_path / "bad.csv"
    file.write_text("team_name,role\nNo,hedge_fund\nFine,hedge_fund\nOdd\n", "utf-8")
    assert desk("team", "import", str(file)) == exits.WRONG_USE
    assert "line 2: team_name 'No': 3 to 50 printable characters" in desk.complained
    assert "line 4: not two fields" in desk.complained
    file.write_text('team_name,role\n"Two\nlines",hedge_fund\nGrey,hedgehog\n', "utf-8")
    assert desk("team", "import", str(file)) == exits.WRONG_USE
    file.write_text("team_name,role\nFine,hedge_fund\nGrey,hedgehog\n", "utf-8")
    assert desk("team", "import", str(file), "--keys", str(tmp_path / "keys.csv")) == exits.FAILED
    assert "line 3: role: no role 'hedgehog'; the roles that are open" in desk.complained
    file.write_text("team_name,role\nt12,hedge_fund\n", "utf-8")
    assert desk("team", "import", str(file), "--keys", str(tmp_path / "keys.csv")) == exits.FAILED
    assert "line 2: team_name: 't12' is written as a team's id is" in desk.complained
    assert not (tmp_path / "keys.csv").exists()
    file.write_text("name,role\nFine,hedge_fund\n", "utf-8")
    assert desk("team", "import", str(file)) == exits.WRONG_USE
    assert "line 1: the columns are name,role; write team_name,role" in desk.complained
    assert desk.read("team", "list") == before


def test_a_team_that_is_not_there_is_named_with_those_that_are(desk: Desk) -> None:
    assert desk("team", "resume", "Nobody", "--reason", "sorted out") == exits.FAILED
    assert "no team 'Nobody'; there are" in desk.complained


def test_judged_points_are_entered_and_what_is_left_out_stays(desk: Desk) -> None:
    desk.do("team", "add", "Judged", "--role", "hedge_fund")
    told = desk.read("score", "judge", "Judged", "--research", "80", "--reason", "the talk")
    assert isinstance(told, dict)
    assert (told["research"], told["code"], told["team"]) == (80, None, None)
    said = desk.do("score", "judge", "Judged", "--code", "70.5", "--team", "0")
    assert said == f"Judged ({id_of(desk, 'Judged')}): research 80, code 70.5, team 0\n"
    for words, complaint in (
        ((), "nothing is judged: give --research, --code or --team"),
        (("--code", "101"), "--code 101: points are from 0 to 100"),
        (("--research", "-1"), "--research -1: points are from 0 to 100"),
    ):
        assert desk("score", "judge", "Judged", *words) == exits.WRONG_USE
        assert complaint in desk.complained
    assert desk("score", "judge", "Nobody", "--code", "1") == exits.FAILED
    assert "no team 'Nobody'; there are" in desk.complained
    assert ("scores.judgement", "the talk") in acts(desk)


@pytest.mark.parametrize(
    ("asked", "pointer", "code"),
    [
        ({"instrument_id": "SPX", "quantity": 5}, "/price", "INVALID_PRICE"),
        ({"instrument_id": "SPX", "quantity": 5, "price": -3}, "/price", "INVALID_PRICE"),
        ({"instrument_id": "SPX", "quantity": 5, "price": 3.0001}, "/price", "INVALID_PRICE"),
        ({"instrument_id": "SPX", "cash": 100}, "/quantity", "INVALID_QUANTITY"),
        ({"quantity": 5, "cash": 100, "price": 3}, "/instrument_id", "INVALID_INSTRUMENT"),
    ],
)
def test_a_correction_that_is_half_a_one_is_refused_by_the_field_that_is_wrong(
    desk: Desk, asked: Json, pointer: str, code: str
) -> None:
    name = f"Half {pointer} {len(asked)} {asked.get('price')}"
    desk.do("team", "add", name, "--role", "hedge_fund")
    organizer = Organizer(url=desk.server.url, api_key=desk.server.admin_key)
    path = f"/admin/teams/{id_of(desk, name)}/adjust"
    with pytest.raises(RefusedRequestError, match=code) as refused:
        organizer.ask("POST", path, {**asked, "reason": "a mistake"})
    assert [error["pointer"] for error in refused.value.errors] == [pointer]
    dropped = ("--cash", "100", "--quantity", "5", "--reason", "a mistake")
    assert desk("team", "adjust", name, *dropped) == exits.WRONG_USE
    assert "--quantity 5: name the contracts with --instrument" in desk.complained


def test_a_role_is_changed_by_the_names_that_are_shown(desk: Desk) -> None:
    assert "  order_size.max_quantity=500" in desk.do("role", "show", "hedge_fund")
    rules = ("--rule", "order_size.max_quantity=300", "delta_limit.max_delta=40")
    fees = ("--maker-fee", "-0.005", "--taker-fee", "0.03", "--reason", "too wide")
    said = desk.do("role", "set", "hedge_fund", *rules, *fees)
    assert said.splitlines()[0] == "hedge_fund: maker fee -0.005, taker fee 0.03"
    assert "  order_size.max_quantity=300" in said
    (shown,) = rows(desk.read("role", "show", "hedge_fund"))
    assert (shown["maker_fee"], shown["taker_fee"]) == (-0.005, 0.03)
    assert desk.read("role", "set", "hedge_fund", "--taker-fee", "0.02") == {
        **shown,
        "taker_fee": 0.02,
    }
    assert ("role.change", "too wide") in acts(desk)


@pytest.mark.parametrize(
    ("words", "code", "complaint"),
    [
        (("hedge_fund",), exits.WRONG_USE, "nothing to change: give --maker-fee"),
        (("hedge_fund", "--rule", "order_size=3"), exits.WRONG_USE, "write KIND.FIELD=VALUE"),
        (
            ("hedge_fund", "--rule", "order_size.max_quantity=3", "order_size.max_quantity=4"),
            exits.WRONG_USE,
            "order_size.max_quantity is given twice",
        ),
        (
            ("hedge_fund", "--rule", "shoe_size.max=3"),
            exits.FAILED,
            "it has order_rate, order_size",
        ),
        (
            ("hedge_fund", "--rule", "order_size.max_quantity=a few"),
            exits.FAILED,
            "INVALID_RULE",
        ),
        (("hedgehog", "--taker-fee", "0.1"), exits.FAILED, "no role 'hedgehog'; there are market"),
    ],
)
def test_a_role_that_cannot_be_changed_so_stays_and_the_complaint_says_what_would_be_right(
    desk: Desk, words: tuple[str, ...], code: int, complaint: str
) -> None:
    before = desk.read("role", "show")
    assert desk("role", "set", *words) == code
    assert complaint in desk.complained
    assert desk.read("role", "show") == before


def test_keys_are_listed_and_revoked_once_that_is_confirmed(desk: Desk) -> None:
    file = desk.server.data / "Ada-Byron.key"
    said = desk.do("key", "issue", "Ada Byron", "--reason", "study")
    assert said == f"Ada Byron (read, research): key in {file}\n"
    assert file.stat().st_mode & 0o777 == 0o600
    reader = Organizer(url=desk.server.url, api_key=file.read_text("utf-8").strip())
    assert len(reader.items("/game/teams")) == len(rows(desk.read("team", "list")))
    assert desk("key", "issue", "Ada Byron") == exits.WRONG_USE  # the key that is there is kept
    assert "--to" in desk.complained
    assert "Ada Byron  1       read, research" in desk.do("key", "list")
    assert [row["key_name"] for row in rows(desk.read("key", "list"))] == ["organizer", "Ada Byron"]
    revoke = ("key", "revoke", "Ada Byron", "--reason", "left")
    assert desk(*revoke) == exits.WRONG_USE
    assert "--yes" in desk.complained
    assert desk.read(*revoke, "--yes") == {"key_name": "Ada Byron", "revoked": 1}
    assert desk(*revoke, "--yes") == exits.FAILED
    assert "KEY_NOT_FOUND: no key is named Ada Byron; there are organizer." in desk.complained
    assert desk("key", "revoke", "organizer", "--reason", "slip", "--yes") == exits.FAILED
    assert "LAST_ORGANIZER_KEY" in desk.complained
    assert ("key.revoke", "left") in acts(desk)


def test_a_teams_keys_are_revoked_and_a_new_one_lets_it_in_again(desk: Desk) -> None:
    desk.do("team", "add", "Locked", "--role", "hedge_fund")
    revoke = ("team", "revoke-keys", "Locked", "--reason", "shown around")
    assert desk(*revoke) == exits.WRONG_USE
    said = desk.do(*revoke, "--yes")
    locked = f"Locked ({id_of(desk, 'Locked')})"
    assert said == f"{locked}: keys revoked: 1; sockets that came with them end\n"
    told = desk.read(*revoke, "--yes")
    assert isinstance(told, dict)
    assert told["revoked"] == 0
    desk.do("team", "rotate-key", "Locked", "--overlap", "0")


def test_a_link_signs_a_browser_in_for_a_team_once(desk: Desk) -> None:
    desk.do("team", "add", "Linked", "--role", "hedge_fund")
    link, told = desk.do("login-link", "Linked").splitlines()
    assert told == "good once, for 10 minutes"
    page, _, ticket = link.partition("#ticket=")
    assert page == f"{desk.server.url}/trade"
    exchange = ("POST", "/game/logins", {"ticket": ticket})
    status, body = desk.server.call(*exchange)
    assert (status, body["team_name"]) == (201, "Linked")
    assert desk.server.call(*exchange)[0] == 401
    organizers = desk.read("login-link")
    assert isinstance(organizers, dict)
    assert organizers["url"].startswith(f"{desk.server.url}/admin#ticket=")
    assert organizers["expires_in_s"] == 600
    assert f"{desk.server.url}/board#ticket=" in desk.do("login-link", "--read-only")
    assert desk("login-link", "Linked", "--read-only") == exits.FAILED
    assert "read_only" in desk.complained
    assert desk("login-link", "nobody") == exits.FAILED
    assert ("team.rotate_key", "a browser signed in") in acts(desk)


def rows(printed: object) -> list[dict[str, object]]:
    assert isinstance(printed, list)
    return printed


def id_of(desk: Desk, name: str) -> str:
    (team_id,) = (
        row["team_id"] for row in rows(desk.read("team", "list")) if row["team_name"] == name
    )
    return str(team_id)


def acts(desk: Desk) -> list[tuple[object, object]]:
    return [(row["act"], row["reason"]) for row in rows(desk.read("audit"))]


def test_nobody_there_no_key_and_a_wrong_key_are_told_apart(
    server: Server,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("ITG_ADMIN_KEY", raising=False)
    assert itg("game", "status", "--url", NOWHERE) == exits.WRONG_USE
    assert "ITG_ADMIN_KEY" in capsys.readouterr().err
    assert itg("game", "status", "--data", str(tmp_path)) == exits.WRONG_USE
    assert "admin.key" in capsys.readouterr().err
    monkeypatch.setenv("ITG_ADMIN_KEY", "itg_wrong")
    assert itg("game", "status", "--url", NOWHERE) == exits.NO_SERVER
    assert f"no server answers at {NOWHERE}" in capsys.readouterr().err
    assert itg("audit", "--url", server.url) == exits.FAILED
    assert "UNAUTHENTICATED" in capsys.readouterr().err


def test_preparing_a_game_names_the_fault_of_its_scenario_and_leaves_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file, data = tmp_path / "wrong.toml", tmp_path / "data"
    file.write_text('extends = "bare"\n[registration]\nrotation = "latin_square"\n', "utf-8")
    with pytest.raises(ConfigurationError, match=r"registration\.rotation"):
        itg("game", "new", "--scenario", str(file), "--data", str(data))
    assert not data.exists()
    assert itg("game", "new", "--scenario", "classic", "--data", str(data)) == exits.DONE
    said = capsys.readouterr().out
    assert said.splitlines()[-1].split() == [
        *("next", "itg", "serve", "--scenario", "classic", "--data", str(data)),
    ]
    secrets = {name: (data / name).read_text() for name in NAMES}
    assert not [text for text in secrets.values() if text.strip() in said]
    assert all(stat.S_IMODE((data / name).stat().st_mode) == 0o600 for name in secrets)
    assert itg("game", "new", "--scenario", "classic", "--data", str(data)) == exits.DONE
    assert secrets == {name: (data / name).read_text() for name in secrets}
    with Server(data, "classic"), pytest.raises(ConfigurationError, match="played by another"):
        itg("game", "new", "--scenario", "classic", "--data", str(data))
    with pytest.raises(ConfigurationError, match="holds a game already"):
        itg("game", "new", "--scenario", "classic", "--data", str(data))


def test_a_season_is_prepared_with_its_days(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert itg("game", "new", "--scenario", "season", "--data", str(tmp_path / "d")) == exits.DONE
    said = [line.split() for line in capsys.readouterr().out.splitlines()]
    days = [line for line in said if line[0] == "round"]
    assert days[0] == ["round", "1", "2026-12-01", "practice", "volatility", "0.5", "x"]
    assert [line[3] for line in days] == ["practice"] * 4 + ["scored"] * 12
    assert [float(line[5]) for line in days] == [0.5] * 4 + [1.0] * 8 + [1.2] * 4
