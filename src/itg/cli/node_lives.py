"""What a process of `itg node` does from its start to a signal."""

import asyncio
from collections.abc import Awaitable

from itg.compose.chief import Chief
from itg.compose.data_directory import DataDirectory
from itg.compose.lead import Taken
from itg.compose.links import LinkedGame, LinkFile
from itg.compose.node_process import NodeProcess, NodeSettings, assert_node
from itg.compose.node_standby import NodeStandby
from itg.kernel.errors import ConfigurationError
from itg.runtime.supervise import collect_young, tuned_process

_LOOK_S = 0.2
_GAME_S = 60.0


async def play_chief(settings: NodeSettings, stop: asyncio.Event) -> None:
    """Run the node of the game service."""
    taken = await _taken(settings, stop)
    if stop.is_set():
        return
    chief = Chief(settings, taken)
    try:
        starting = asyncio.ensure_future(chief.start())
        await _first(stop, starting)
        if stop.is_set():
            starting.cancel()
            return
        print(f"market         {chief.url}    documentation: {chief.url}/docs")
        print(f"organizer      {chief.listeners.organizer_url}")
        print(f"organizer key  in {chief.directory.admin_key}", flush=True)
        with tuned_process():
            await _first(stop, chief.finished(), chief.process.lead.lost(), collect_young())
    finally:
        await chief.stop()


async def play_node(settings: NodeSettings, stop: asyncio.Event) -> None:
    """Run any other node."""
    taken = await _taken(settings, stop)
    game = await _game(settings, stop)
    if game is None:
        if taken is not None:
            taken.lead.release()
        return
    assert_node(game, settings.name)
    process = NodeProcess(settings, game, taken)
    try:
        await process.start(await process.connect())
        print(f"node           {settings.name} of {game.name}", flush=True)
        with tuned_process():
            await _first(stop, process.finished(), process.lead.lost(), collect_young())
    finally:
        await process.stop()


async def _taken(settings: NodeSettings, stop: asyncio.Event) -> Taken | None:
    if not settings.game.standby:
        return None
    print(f"stand-by       of {settings.name} in {settings.game.data}", flush=True)
    return await NodeStandby(settings).until_leading(stop)


async def _game(settings: NodeSettings, stop: asyncio.Event) -> LinkedGame | None:
    file = LinkFile(DataDirectory(settings.game.data))
    loop = asyncio.get_running_loop()
    end_s = loop.time() + _GAME_S
    while not stop.is_set():
        try:
            return file.read()
        except ConfigurationError:
            if loop.time() > end_s:
                raise
            await asyncio.sleep(_LOOK_S)  # the chief writes it
    return None


async def _first(stop: asyncio.Event, *others: Awaitable[None]) -> None:
    waits = [asyncio.ensure_future(stop.wait()), *map(asyncio.ensure_future, others)]
    done, _ = await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
    for task in waits:
        task.cancel()
    for task in done:
        task.result()
