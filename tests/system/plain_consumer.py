"""A program of somebody else: nats-py, the published document, and nothing of the game's code.

    plain_consumer.py URL DOCUMENT SUBJECT COUNT USER PASSWORD

prints so many facts of a subject, read from the stream, as JSON lines in the order they came; each
is checked against the document's schema.
"""

import asyncio
import json
import sys
from pathlib import Path

import jsonschema_rs
import msgspec
import nats
from nats.js.api import AckPolicy, ConsumerConfig


async def consume(document: str, url: str, subject: str, count: int, *login: str) -> None:
    told = json.loads(document)
    family = ".".join((subject.split(".")[3], subject.split(".")[5]))
    name = next(iter(told["channels"][family]["messages"]))
    payload = told["components"]["messages"][name]["payload"]
    schema = jsonschema_rs.Draft7Validator({**payload, "components": told["components"]})
    client = await nats.connect(url, user=login[0], password=login[1])
    stream = f"itg_{subject.split('.')[2]}"
    reading = await client.jetstream().pull_subscribe(
        subject, stream=stream, config=ConsumerConfig(ack_policy=AckPolicy.NONE)
    )
    taken = 0
    while taken < count:
        for message in await reading.fetch(count - taken, timeout=10):
            fact = msgspec.msgpack.decode(message.data)
            schema.validate(fact)
            assert message.headers is not None
            event_id = f"{fact['source']}:{stream[4:]}:{fact['shard']}:{fact['seq']}"
            assert message.headers["Nats-Msg-Id"] == event_id
            sys.stdout.write(json.dumps(fact) + "\n")
            taken += 1
    await client.close()
    assert not any(module.partition(".")[0] == "itg" for module in sys.modules)


if __name__ == "__main__":
    address, file, pattern, wanted, *words = sys.argv[1:]
    text = Path(file).read_text(encoding="utf-8")
    asyncio.run(consume(text, address, pattern, int(wanted), *words))
