"""Calls over core NATS: a request, its deadline and trace in headers, one answer or its refusal."""

import asyncio
from contextlib import suppress

from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.errors import Error, NoRespondersError

from itg.kernel.errors import ItgError
from itg.runtime.bus import (
    BusDownError,
    CallFailedError,
    CallRefusedError,
    Handler,
    MessageTooLargeError,
    NoResponderError,
    Request,
    RequestTimeoutError,
)

# Milliseconds that the caller still waits: a span, since no two machines have one clock.
REMAINING = "Itg-Remaining-Ms"
TRACE = "Itg-Trace-Id"
FAULT = "Itg-Fault"
_REFUSED, _FAILED, _BUSY = "refused", "failed", "busy"
_HEADER_BYTES = 512
_AT_ONCE = 256
_REMAINING_S = 30.0


class NatsCalls:
    """The calls of one connection, both ways."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._served: dict[str, Handler] = {}
        self._running: dict[asyncio.Task[None], str] = {}

    async def request(self, subject: str, body: bytes, timeout_s: float, trace_id: str) -> bytes:
        """Call and wait for the answer; raises what the bus promises."""
        room = self._client.max_payload - _HEADER_BYTES
        if len(body) > room:
            raise MessageTooLargeError(
                f"{subject}: a request of {len(body)} bytes; at most {room} are carried"
            )
        headers = {REMAINING: str(max(int(timeout_s * 1_000), 1))}
        if trace_id:
            headers[TRACE] = trace_id
        try:
            answer = await self._client.request(subject, body, timeout=timeout_s, headers=headers)
        except NoRespondersError as error:
            raise NoResponderError(f"nobody serves {subject}") from error
        except TimeoutError as error:
            raise RequestTimeoutError(f"{subject}: no answer in {timeout_s} s") from error
        except (Error, OSError) as error:
            raise BusDownError(f"{subject}: {error}") from error
        match (answer.headers or {}).get(FAULT):
            case None:
                return answer.data
            case "failed":
                raise CallFailedError(f"{subject}: {answer.data.decode()}")
            case _:
                raise CallRefusedError(f"{subject}: {answer.data.decode()}")

    async def serve(self, subject: str, handler: Handler) -> None:
        """Answer requests, each in a task of its own; beyond a bound they are refused."""
        assert subject not in self._served, f"{subject} is served already"
        self._served[subject] = handler

        async def take(message: Msg) -> None:
            if len(self._running) >= _AT_ONCE:
                await self._answer(message, f"{_AT_ONCE} calls are being answered".encode(), _BUSY)
                return
            task = asyncio.create_task(self._handle(handler, message), name=subject)
            self._running[task] = subject
            task.add_done_callback(lambda done: self._running.pop(done, None))

        await self._client.subscribe(subject, queue="itg", cb=take)
        await self._client.flush()

    def close(self) -> None:
        """Give up what is being answered."""
        for task in tuple(self._running):
            task.cancel()

    async def _handle(self, handler: Handler, message: Msg) -> None:
        headers = message.headers or {}
        remaining_s = _milliseconds(headers.get(REMAINING)) / 1_000
        request = Request(
            body=message.data, remaining_s=remaining_s, trace_id=headers.get(TRACE, "")
        )
        # Beyond the deadline nobody waits for an answer any more.
        with suppress(TimeoutError):
            async with asyncio.timeout(remaining_s):
                try:
                    body, fault = await handler(request), ""
                except ItgError as error:
                    body, fault = str(error).encode(), _REFUSED
                except Exception as error:  # noqa: BLE001 - the caller hears of it
                    body, fault = type(error).__name__.encode(), _FAILED
                await self._answer(message, body, fault)

    async def _answer(self, message: Msg, body: bytes, fault: str) -> None:
        if not message.reply:
            return
        if len(body) > self._client.max_payload - _HEADER_BYTES:
            body, fault = f"an answer of {len(body)} bytes is not carried".encode(), _FAILED
        with suppress(Error, OSError):
            headers = {FAULT: fault} if fault else None
            await self._client.publish(message.reply, body, headers=headers)


def _milliseconds(text: str | None) -> int:
    return int(text) if text is not None and text.isdigit() else int(_REMAINING_S * 1_000)
