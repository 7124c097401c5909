"""A game's log on Kafka: a topic of one partition, written in transactions.

Each run is a transaction: it is held whole or not at all. The transactions carry the game's name,
so a second writer shuts the first one out. The client's calls block, so they run in threads of
their own: one for the writer, one for each reading.
"""

import asyncio
import logging
import threading
from collections.abc import AsyncIterator, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from time import monotonic
from typing import TypeVar

from confluent_kafka import (
    OFFSET_BEGINNING,
    OFFSET_END,
    Consumer,
    KafkaError,
    KafkaException,
    Message,
    Producer,
    TopicPartition,
)
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic

from itg.adapters.log import (
    EVENT_ID,
    FIRST,
    LIFE,
    NEXT,
    SUBJECT,
    Entry,
    LogSettings,
    LogTruncatedError,
)
from itg.runtime.bus import BusDownError, subject_word

PORT = 9092
# Kafka's own bound where nobody says otherwise, less what headers and framing take.
_MESSAGE_BYTES_MAX = 1024 * 1024 - 1024
_LOOK_S = 0.1
_AT_ONCE = 1_000
_BACK, _FURTHER = 2, 8
_STARTS = {FIRST: OFFSET_BEGINNING, NEXT: OFFSET_END}
_Conf = dict[str, str | int | float | bool]
_Result = TypeVar("_Result")
# Every fault is raised by the call that met it; the client's own lines would tell it twice.
_quiet = logging.getLogger("itg.kafka")
_quiet.addHandler(logging.NullHandler())
_quiet.propagate = False


class KafkaLog:
    """One game's topic; connects when it is first asked."""

    def __init__(self, game: str, settings: LogSettings) -> None:
        self._settings = settings
        self._topic = f"itg_{subject_word(game)}"
        self._conf = _client_conf(settings)
        self._desk = ThreadPoolExecutor(1, thread_name_prefix="kafka")
        self._admin: AdminClient | None = None
        self._producer: Producer | None = None
        self._follows = 0  # the offset behind what is known to be held
        self._closed = threading.Event()

    @property
    def message_bytes_max(self) -> int:
        return _MESSAGE_BYTES_MAX

    async def made(self) -> None:
        await self._at_desk(self._make)

    async def newest(self) -> Entry | None:
        return await self._at_desk(self._find_newest)

    async def append(self, entries: Sequence[Entry]) -> None:
        await self._at_desk(lambda: self._append(entries))

    async def read(self, start: int) -> AsyncIterator[Sequence[Entry]]:
        if self._closed.is_set():
            return
        thread = ThreadPoolExecutor(1, thread_name_prefix="kafka-reading")
        loop = asyncio.get_running_loop()
        consumer = Consumer(self._reading_conf(), logger=_quiet)
        try:
            await loop.run_in_executor(
                thread, consumer.assign, [self._at(_STARTS.get(start, start))]
            )
            while not self._closed.is_set():
                messages = await loop.run_in_executor(thread, _taken, consumer)
                good = [m for m in messages if m.error() is None]
                if good:
                    yield [_entry(message) for message in good]
                for message in messages:
                    if (error := message.error()) is not None:
                        await loop.run_in_executor(thread, self._refuse, consumer, error, start)
                if good:
                    start = (good[-1].offset() or 0) + 1
        finally:
            thread.submit(consumer.close)
            thread.shutdown(wait=False)

    async def close(self) -> None:
        if not self._closed.is_set():
            self._closed.set()
            self._desk.submit(self._let_go)
            self._desk.shutdown(wait=False)

    async def _at_desk(self, work: Callable[[], _Result]) -> _Result:
        if self._closed.is_set():
            raise BusDownError("the log is closed")
        try:
            return await asyncio.get_running_loop().run_in_executor(self._desk, work)
        except (KafkaException, BufferError) as error:
            raise self._down(error) from error

    def _make(self) -> None:
        if self._admin is None:
            self._admin = AdminClient(self._conf, logger=_quiet)
        wait_s = self._settings.answer_s
        if self._topic in self._admin.list_topics(timeout=wait_s).topics:
            return
        config = {
            "cleanup.policy": "delete",
            "retention.ms": "-1",
            "retention.bytes": str(self._settings.kept_bytes),
            "segment.bytes": str(self._settings.segment_bytes),
        }
        wanted = NewTopic(self._topic, num_partitions=1, config=config)
        try:
            self._admin.create_topics([wanted], request_timeout=wait_s)[self._topic].result(wait_s)
        except KafkaException as error:
            if _code(error) != KafkaError.TOPIC_ALREADY_EXISTS:
                raise

    def _find_newest(self) -> Entry | None:
        # One for each look: the client breaks if a topic goes that a consumer of it still knows.
        consumer = Consumer({**self._reading_conf(), "enable.partition.eof": True}, logger=_quiet)
        try:
            low, high = consumer.get_watermark_offsets(self._at(0), timeout=self._settings.answer_s)
            # What ends a transaction has an offset and is no message.
            back, found = _BACK, None
            while found is None and low < high:
                start = max(high - back, low)
                found = self._last_from(consumer, start)
                if start == low:
                    break
                back *= _FURTHER
        except KafkaException as error:
            if _code(error) in _NO_TOPIC:
                return None
            raise
        finally:
            consumer.close()
        self._follows = low if found is None else found.offset + 1
        return found

    def _last_from(self, consumer: Consumer, start: int) -> Entry | None:
        consumer.assign([self._at(start)])
        until = monotonic() + self._settings.answer_s
        found: Message | None = None
        while monotonic() < until:
            for message in _taken(consumer):
                error = message.error()
                if error is None:
                    found = message
                elif error.code() in _ENDED:
                    return None if found is None else _entry(found)
                else:
                    raise KafkaException(error)
        raise self._down("no answer")

    def _append(self, entries: Sequence[Entry]) -> None:
        try:
            if self._producer is None:
                self._producer = self._new_producer()
            self._follows = self._write(self._producer, entries)
        except (KafkaException, BufferError, BusDownError):
            # A producer that met a fault may hold what it has not sent: the next one has nothing.
            if self._producer is not None:
                self._producer.purge()
            self._producer = None
            raise

    def _write(self, producer: Producer, entries: Sequence[Entry]) -> int:
        offsets: list[int] = []

        def told(error: KafkaError | None, message: Message) -> None:
            if error is None:
                offsets.append(message.offset() or 0)

        wait_s = self._settings.answer_s
        producer.begin_transaction()
        for entry in entries:
            producer.produce(
                self._topic,
                value=entry.data,
                headers=[
                    (SUBJECT, entry.subject.encode()),
                    (EVENT_ID, entry.event_id.encode()),
                    (LIFE, entry.life.encode()),
                ],
                partition=0,
                on_delivery=told,
            )
        producer.flush(wait_s)
        if len(offsets) != len(entries) or offsets[0] < self._follows:
            producer.abort_transaction(wait_s)
            raise self._down(
                "no answer" if len(offsets) < len(entries) else "the topic was made anew"
            )
        producer.commit_transaction(wait_s)
        return offsets[-1] + 1

    def _new_producer(self) -> Producer:
        wait_ms = int(self._settings.answer_s * 1_000)
        producer = Producer(
            {
                **self._conf,
                "transactional.id": self._topic,
                "transaction.timeout.ms": wait_ms * 2,
                "message.timeout.ms": wait_ms,
                "message.max.bytes": _MESSAGE_BYTES_MAX + 1024,
            },
            logger=_quiet,
        )
        # Connected first: the search for who keeps transactions waits long where nobody is met yet.
        producer.list_topics(self._topic, timeout=self._settings.answer_s)
        producer.init_transactions(self._settings.answer_s)
        return producer

    def _refuse(self, consumer: Consumer, error: KafkaError, start: int) -> None:
        if error.code() in _OUT_OF_RANGE:
            low, _ = consumer.get_watermark_offsets(self._at(0), timeout=self._settings.answer_s)
            if low > start >= 0:
                raise LogTruncatedError(f"{self._topic} begins at {low}, not at {start}")
        raise self._down(KafkaException(error))

    def _at(self, offset: int) -> TopicPartition:
        return TopicPartition(self._topic, 0, offset)

    def _reading_conf(self) -> _Conf:
        ahead = self._settings.ahead_bytes
        return {
            **self._conf,
            "group.id": "itg",  # asked for by the client; nothing is committed under it
            "enable.auto.commit": False,
            "auto.offset.reset": "error",
            "isolation.level": "read_committed",
            "queued.max.messages.kbytes": max(ahead // 1024, 1),
            "fetch.message.max.bytes": ahead,
            "fetch.max.bytes": max(ahead, _MESSAGE_BYTES_MAX + 1024),
            "fetch.queue.backoff.ms": 20,
            "fetch.wait.max.ms": 100,
            "fetch.error.backoff.ms": 50,
        }

    def _down(self, error: Exception | str) -> BusDownError:
        host, port = self._settings.place(PORT)
        words = error if isinstance(error, str) else _words(error)
        return BusDownError(f"{host}:{port}: {words}")

    def _let_go(self) -> None:
        if self._producer is not None:
            self._producer.purge()
            self._producer = None


def _codes(*names: str) -> frozenset[int]:
    # The client's own codes begin with an underscore, and are public all the same.
    return frozenset(getattr(KafkaError, name) for name in names)


_ENDED = _codes("_PARTITION_EOF")
_OUT_OF_RANGE = _codes("_AUTO_OFFSET_RESET")
_NO_TOPIC = _codes("UNKNOWN_TOPIC_OR_PART", "_UNKNOWN_PARTITION", "_UNKNOWN_TOPIC")


def _client_conf(settings: LogSettings) -> _Conf:
    host, port = settings.place(PORT)
    conf: _Conf = {
        "bootstrap.servers": f"{host}:{port}",
        "client.id": "itg",
        "allow.auto.create.topics": False,
        "reconnect.backoff.ms": 50,
        "reconnect.backoff.max.ms": 500,
        "socket.connection.setup.timeout.ms": 2_000,
        "topic.metadata.refresh.interval.ms": 5_000,
    }
    credentials = settings.credentials()
    if credentials is not None:
        user, password = credentials
        conf |= {"sasl.mechanism": "PLAIN", "sasl.username": user, "sasl.password": password}
    words = ("SASL_" if credentials else "") + ("SSL" if settings.is_tls else "PLAINTEXT")
    conf["security.protocol"] = words
    if settings.ca:
        conf["ssl.ca.location"] = settings.ca
    return conf


def _taken(consumer: Consumer) -> list[Message]:
    """Return what has arrived, waiting a little for the first."""
    first = consumer.poll(_LOOK_S)
    return [] if first is None else [first, *consumer.consume(_AT_ONCE, 0)]


def _entry(message: Message) -> Entry:
    beside = {header[0]: _text(header[1]) for header in message.headers() or ()}
    data = message.value() or b""
    return Entry(
        subject=beside.get(SUBJECT, ""),
        event_id=beside.get(EVENT_ID, ""),
        life=beside.get(LIFE, ""),
        data=data if isinstance(data, bytes) else data.encode(),
        offset=message.offset() or 0,
    )


def _text(value: str | bytes | None) -> str:
    return value.decode() if isinstance(value, bytes) else value or ""


def _code(error: KafkaException) -> int:
    code: int = error.args[0].code()
    return code


def _words(error: Exception) -> str:
    told = error.args[0] if error.args else error
    return told.str() if isinstance(told, KafkaError) else str(told)
