"""Positions of channels under random loss, repetition and new starts."""

from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from itg.client.frames import Frame
from itg.client.streams import Streams, Verdict
from itg.wire.v1.socket import ResumePoint


def frame(seq: int, kind: str = "delta", epoch: int = 1, *, conflated: bool = False) -> Frame:
    return Frame(channel="c", type=kind, seq=seq, epoch=epoch, conflated=conflated)


@given(st.lists(st.tuples(st.sampled_from(["next", "again", "lose", "snapshot"]))))
def test_what_is_delivered_never_skips_and_never_repeats(steps: list[tuple[str]]) -> None:
    streams, seq = Streams(), 5
    assert streams.admit(frame(seq, "snapshot")) is Verdict.DELIVER
    last = seq
    for (step,) in steps:
        seq += 0 if step == "again" else 2 if step == "lose" else 1
        sent = frame(seq, "snapshot" if step == "snapshot" else "delta")
        if streams.admit(sent) is Verdict.DELIVER:
            assert sent.type == "snapshot" or sent.seq == last + 1
            last = sent.seq
        elif step != "again":
            assert seq > last + 1
    assert streams.seq_of("c") == last


def test_a_gap_is_told_once_and_ends_with_a_snapshot() -> None:
    streams = Streams()
    streams.admit(frame(1, "snapshot"))
    verdicts = [streams.admit(f) for f in (frame(3), frame(4), frame(4, "snapshot"), frame(5))]
    assert verdicts == [Verdict.GAP, Verdict.WAIT, Verdict.DELIVER, Verdict.DELIVER]


def test_a_gap_ends_when_the_missing_frames_come() -> None:
    streams = Streams()
    streams.admit(frame(1, "snapshot"))
    verdicts = [streams.admit(frame(seq)) for seq in (4, 2, 3, 4)]
    assert verdicts == [Verdict.GAP, Verdict.DELIVER, Verdict.DELIVER, Verdict.DELIVER]


def test_another_epoch_without_a_snapshot_is_a_gap() -> None:
    streams = Streams()
    streams.admit(frame(9, "snapshot"))
    assert streams.admit(frame(10, epoch=2)) is Verdict.GAP


def test_a_conflated_frame_may_jump() -> None:
    streams = Streams()
    streams.admit(frame(1, "snapshot"))
    assert streams.admit(frame(7, conflated=True)) is Verdict.DELIVER


@given(st.integers(1, 9), st.integers(0, 9), st.integers(1, 12))
def test_a_conflated_frame_stands_for_its_span_no_more_and_no_less(
    first: int, more: int, known: int
) -> None:
    streams = Streams()
    streams.admit(frame(known, "snapshot"))
    sent = structs.replace(frame(first + more, conflated=True), first_seq=first)
    expected = (
        Verdict.DUPLICATE
        if first + more <= known
        else Verdict.DELIVER
        if first <= known + 1
        else Verdict.GAP
    )
    assert streams.admit(sent) is expected


def test_an_announced_loss_breaks_a_book_and_nothing_else() -> None:
    streams = Streams()
    at = ResumePoint(epoch=1, seq=4)
    streams.start({"trades.*": at, "book.X.raw": at})
    assert streams.skip("trades.*", 6)
    assert not streams.skip("book.X.raw", 6)
    assert (streams.seq_of("trades.*"), streams.seq_of("book.X.raw")) == (6, 4)
    assert streams.skip("book.X.raw", 9), "its new start is under way"


def test_private_alone_survives_a_disconnect() -> None:
    streams = Streams()
    streams.start({"private": ResumePoint(epoch=1, seq=4), "c": ResumePoint(epoch=3, seq=8)})
    streams.disconnect()
    assert streams.resume_points(["c", "private"]) == {"private": ResumePoint(epoch=1, seq=4)}
    assert (streams.seq_of("private"), streams.seq_of("c")) == (4, 0)
    assert streams.resume_points(["c"]) == {}


def test_a_heartbeat_names_channels_that_lost_their_end_once() -> None:
    streams = Streams()
    streams.start({"a": ResumePoint(epoch=1, seq=4), "b": ResumePoint(epoch=1, seq=4)})
    assert streams.behind({"a": 4, "b": 5, "unknown": 9}) == ["b"]
    assert streams.behind({"a": 4, "b": 5}) == []


def test_a_word_about_the_channel_is_not_counted() -> None:
    streams = Streams()
    streams.admit(frame(4, "snapshot"))
    assert streams.admit(frame(9, "resume.too_old")) is Verdict.DELIVER
    assert streams.seq_of("c") == 4
