"""A served game publishes its commitment before the round and opens it after; restarts agree."""

import asyncio
import json
import stat
from collections.abc import Sequence
from pathlib import Path

import aiohttp
import pytest

from itg.cli import app, exits
from itg.compose.solo import Solo, SoloSettings
from itg.compose.verify import verify_data
from itg.game.contract import EndRound, RevealSeed, StartRound
from itg.kernel.errors import ConfigurationError
from itg.runtime.envelope import Record

pytestmark = pytest.mark.system


async def shown(solo: Solo) -> dict[str, object]:
    key = solo.directory.admin_key.read_text().strip()
    headers = {"authorization": f"Bearer {key}"}
    async with (
        aiohttp.ClientSession(headers=headers) as http,
        http.get(f"{solo.url}/game/rounds/1") as answer,
    ):
        assert answer.status == 200
        body: dict[str, object] = await answer.json()
        return body


class Opening:
    """Hears a game; `seen` is set when it has opened its commitment."""

    def __init__(self) -> None:
        self.seen = asyncio.Event()

    def hear(self, records: Sequence[Record]) -> None:
        if any(isinstance(record.body, RevealSeed) for record in records):
            self.seen.set()

    async def shown_by(self, solo: Solo) -> dict[str, object]:
        await asyncio.wait_for(self.seen.wait(), 10)
        return await shown(solo)


async def test_the_seed_is_committed_before_the_round_and_revealed_after(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = SoloSettings(scenario="bare", data=tmp_path / "data", seed=4711)
    solo = Solo(settings)
    await solo.start()
    before = await shown(solo)
    kept = (tmp_path / "data" / "reveal.json").read_text()
    solo.begin()
    during = await shown(solo)
    await solo.stop()

    opening = Opening()
    again = Solo(settings, [opening.hear])
    await again.start()
    restarted = await shown(again)
    again.pump.submit(EndRound(round_id=1))
    after = await opening.shown_by(again)
    await again.stop()

    last = Solo(settings)
    await last.start()
    at_last = await shown(last)
    await last.stop()

    commitment = before["commitment"]
    assert isinstance(commitment, str)
    assert {body["commitment"] for body in (during, restarted, after, at_last)} == {commitment}
    assert [body["reveal"] for body in (before, during, restarted)] == [None] * 3
    assert after["reveal"] == at_last["reveal"] == json.loads(kept)
    assert json.loads(kept)["seed"] == 4711
    assert verify_data(tmp_path / "data").is_equal
    public = tmp_path / "public.json"
    public.write_text(json.dumps(after["reveal"]), encoding="utf-8")
    words = ["scenario", "verify", str(public), commitment]
    assert app(words, exit_on_error=False) == exits.DONE
    assert capsys.readouterr().out.count("matches") == 3


async def test_a_game_that_stops_with_its_last_round_opens_its_commitment_at_the_next_start(
    tmp_path: Path,
) -> None:
    settings = SoloSettings(scenario="bare", data=tmp_path)
    solo = Solo(settings)
    await solo.start()
    solo.pump.submit(StartRound())
    solo.pump.submit(EndRound(round_id=1))
    await solo.stop()
    opening = Opening()
    again = Solo(settings, [opening.hear])
    await again.start()
    body = await opening.shown_by(again)
    await again.stop()
    assert body["status"] == "ended"


def test_the_reveal_is_its_owners_and_of_this_game(tmp_path: Path) -> None:
    first = Solo(SoloSettings(scenario="bare", data=tmp_path / "a", seed=1))
    first.journal.close()
    first.directory.release()
    file = tmp_path / "a" / "reveal.json"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    other = tmp_path / "b"
    other.mkdir()
    (other / "reveal.json").write_text(file.read_text(), encoding="utf-8")
    with pytest.raises(ConfigurationError, match="commits to scenario_hash"):
        Solo(SoloSettings(scenario="bare", data=other, seed=2))
    # One that was committed to beforehand is taken.
    third = tmp_path / "c"
    third.mkdir()
    (third / "reveal.json").write_text(file.read_text(), encoding="utf-8")
    same = Solo(SoloSettings(scenario="bare", data=third, seed=1))
    same.journal.close()
    same.directory.release()
    assert same.create.commitment == first.create.commitment
