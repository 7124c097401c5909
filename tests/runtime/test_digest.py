from msgspec.structs import replace
from tests.runtime.toys import START, Deposited, Salute, Waved, World, deposit

from itg.kernel.ids import Seq, Shard
from itg.kernel.messages import Message
from itg.kernel.times import Nanos
from itg.runtime.digest import event_digest
from itg.runtime.envelope import Record, shard_of, source_of


def lived() -> list[Record]:
    return World().run(deposit(), Salute(to="x"), deposit(2, shard=1))


def digest(records: list[Record]) -> str:
    return event_digest(World().machine.codec, records)


def test_wall_time_trace_sender_and_numbers_do_not_count() -> None:
    records = lived()
    renamed = [
        replace(record, ts_ns=Nanos(1), actor="eve", trace_id="t", seq=record.seq)
        for record in records
    ]
    assert digest(renamed) == digest(records)


def test_game_time_body_and_order_count() -> None:
    records = lived()
    first = records[0]
    later = replace(first, game_ns=Nanos(first.game_ns + 1))
    other = replace(first, outputs=(replace(first.outputs[0], amount=9),))
    digests = {digest([each, *records[1:]]) for each in (first, later, other)}
    assert len(digests) == 3


def caused(*outputs: Message) -> Record:
    return Record(Seq(1), START, START, "", "", Waved(shard=Shard(0), to="input"), outputs)


def waved(to: str, shard: int = 0) -> Waved:
    return Waved(shard=Shard(shard), to=to)


def test_streams_may_interleave_as_they_like_but_not_within() -> None:
    assert digest([caused(waved("a"), waved("b"))]) != digest([caused(waved("b"), waved("a"))])
    apart = caused(waved("a"), waved("b", shard=1))
    assert digest([apart]) == digest([caused(waved("b", shard=1), waved("a"))])


def test_inputs_do_not_count() -> None:
    assert digest([caused()]) == digest([])


def test_an_event_names_its_source_and_shard() -> None:
    event = Deposited(shard=Shard(1), account="a", amount=1, balance=1)
    assert source_of(event) == "runtime"  # the second word of its module
    assert shard_of(event) == 1
    assert shard_of(Salute(to="x")) == 0
