"""The list against a server that runs, with teams that are there and teams that are not."""

import json
import socket
from base64 import b64encode
from pathlib import Path

import pytest
from tests.system.server import Server

from itg.cli import app, exits


def connected(server: Server, key: str) -> socket.socket:
    """Open a team's socket; it stays open until it is closed."""
    raw = socket.create_connection(("127.0.0.1", server.port), timeout=20)
    raw.sendall(
        f"GET /ws HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
        f"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {b64encode(bytes(16)).decode()}\r\n"
        f"X-API-Key: {key}\r\n\r\n".encode()
    )
    assert b"101" in raw.recv(64)
    return raw


def test_a_running_game_is_red_until_everybody_is_there_and_it_is_backed_up(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data = tmp_path / "day-1"
    with Server(data) as server:
        keys = [server.register(name, "market_maker")[1] for name in ("Blue", "Red")]
        command = ["preflight", "--data", str(data), "--url", server.url, "--teams", "2", "--json"]

        def listed() -> tuple[int, dict[str, dict[str, str]]]:
            code = app(command)
            rows = json.loads(capsys.readouterr().out)["rows"]
            return code, {row["name"]: row for row in rows}

        with connected(server, keys[0]):
            code, rows = listed()
            assert code == exits.FAILED
            assert rows["teams connected"]["found"] == "1 of 2, missing: Red"
            assert rows["backup"]["status"] == "red"
            assert rows["pars"]["status"] in ("unknown", "green", "red")
            assert app(["backup", str(data)]) == exits.DONE
            capsys.readouterr()
            with connected(server, keys[1]):
                _, rows = listed()
        red = {name for name, row in rows.items() if row["status"] == "red"}
        # What depends on the machine the test runs on is not the test's to say.
        assert red <= {"fsync", "processor", "clock", "pars"}
        (data / "admin.key").write_text("itg_of_another_game\n")
        code, rows = listed()
        assert (code, rows["organizer's key"]["status"]) == (exits.FAILED, "red")
        assert rows["teams connected"]["status"] == "unknown"
