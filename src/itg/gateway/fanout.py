"""Encoded frames to sessions, to each in the way of the channel's class; nothing here waits."""

from collections import deque
from itertools import pairwise
from time import monotonic

from itg.gateway.channels import Channel, Delivery, Subscription
from itg.gateway.framing import Fact, Framer
from itg.gateway.sessions import Session
from itg.kernel.ids import AccountId
from itg.wire.v1.orders import Body
from itg.wire.v1.socket import GapData, HeartbeatData

SYSTEM = "system"
_BEATS_KEPT = 11


class FanoutNumbers:
    """What the fan-out counts."""

    def __init__(self) -> None:
        self.frames = 0  # handed to sessions
        self.merged = 0  # publications that share a frame with later ones
        self.held = 0  # frames of state kept back from sessions that do not read
        self.lost = 0  # public facts that sessions did not get
        self._beats_s: deque[float] = deque(maxlen=_BEATS_KEPT)

    def count_beat(self, now_s: float) -> None:
        self._beats_s.append(now_s)

    def beat_gap_s(self) -> float:
        """Return the longest time between two of the last heartbeats, 0 before the second."""
        return max((later - sooner for sooner, later in pairwise(self._beats_s)), default=0.0)


class Fanout:
    """Sessions and where they stand. In lock step nobody is spared: all hear the same."""

    def __init__(self, framer: Framer) -> None:
        self.framer = framer
        self.places: dict[Session, dict[str, Subscription]] = {}
        self.numbers = FanoutNumbers()
        self.in_lock_step = False
        self.left_s: dict[AccountId, float] = {}  # when an account's last session ended
        self._unflushed: list[Channel] = []
        self._unflushed_paced: list[Channel] = []
        self._holding: dict[Subscription, None] = {}

    def enter(self, session: Session) -> None:
        """Take a session in; it hears `system` from now on."""
        self.places[session] = {}

    def leave(self, session: Session) -> None:
        """Forget a session."""
        for name in list(self.places.get(session, ())):
            self.part(session, name)
        self.places.pop(session, None)
        if session.caller.account_id is not None:
            self.left_s[session.caller.account_id] = monotonic()

    def join(self, session: Session, channel: Channel) -> None:
        """Let a session, which was given the channel's state, hear what follows it."""
        places = self.places.get(session)
        if places is None or session.close_code is not None:
            return
        place = places.get(channel.name)
        if place is not None:
            self._holding.pop(place, None)
            place.restart()
            return
        place = places[channel.name] = Subscription(session, channel)
        channel.subscribers.append(place)

    def part(self, session: Session, name: str) -> bool:
        """Let a session no longer hear a channel; tell whether it was the last that did."""
        place = self.places.get(session, {}).pop(name, None)
        if place is None:
            return False
        self._holding.pop(place, None)
        channel = place.channel
        channel.subscribers.remove(place)
        if not channel.subscribers:
            channel.batch.clear()  # what nobody heard is in the next one's snapshot
        return not channel.subscribers

    def publish(self, channel: Channel, fact: Fact) -> None:
        """Give the publication that the channel just counted to all who hear or repeat it."""
        for mirror in channel.mirrors:
            if mirror.takes(fact.data):
                mirror.channel.seq += 1
                self.publish(mirror.channel, fact)
        if not channel.subscribers:
            return
        if channel.delivery is Delivery.STATE:
            if not channel.batch:
                waiting = self._unflushed_paced if channel.is_paced else self._unflushed
                waiting.append(channel)
            channel.batch.append(fact)
            return
        seq = channel.seq
        frame = self.framer.frame(channel.name, seq, fact)
        is_public = channel.delivery is Delivery.PUBLIC and not self.in_lock_step
        for place in channel.subscribers:
            session = place.session
            # Hardly anybody is blocked or has lost anything: two looks in the usual case.
            if is_public and (session.is_blocked or place.lost_seq) and not self._has_room(place):
                place.lost_seq = seq
                self.numbers.lost += 1
                continue
            place.seq = seq
            session.push(frame)
        self.numbers.frames += len(channel.subscribers)

    @property
    def has_unflushed(self) -> bool:
        """Whether state waits to be flushed, to all or to those who did not read."""
        return bool(self._unflushed or self._holding)

    @property
    def has_unflushed_paced(self) -> bool:
        """Whether state of paced channels waits to be flushed."""
        return bool(self._unflushed_paced)

    def flush(self, *, paced: bool = False) -> None:
        """Give every session the state that changed since the last flush, a frame a channel.

        With `paced` that of paced channels too, after what they repeat.
        """
        channels, self._unflushed = self._unflushed, []
        if paced:
            channels += self._unflushed_paced
            self._unflushed_paced = []
        for channel in channels:
            if channel.batch:
                self._flush(channel)
        for place in list(self._holding):
            if not self._lags(place.session):
                self._release(place)

    def tell(self, session: Session, kind: str, data: Body) -> None:
        """Give one session the next frame of its own `system` channel."""
        session.push(self.word(session, kind, data))

    def word(self, session: Session, kind: str, data: Body) -> bytes:
        """Return the next frame of a session's own `system` channel."""
        session.system_seq += 1
        return self.framer.frame(SYSTEM, session.system_seq, self.framer.present(kind, data))

    def beat(self) -> None:
        """Tell every session the last numbers it was sent, and what it lost, if it reads again."""
        self.numbers.count_beat(monotonic())
        for session, places in self.places.items():
            for place in places.values():
                if place.lost_seq and not session.sheds():
                    self._announce_loss(place)
            last = {name: place.seq for name, place in places.items()}
            self.tell(session, "heartbeat", HeartbeatData(channels=last))

    def _flush(self, channel: Channel) -> None:
        facts, channel.batch = channel.batch, []
        seq, fact = channel.seq, channel.merged(facts)
        first_seq = seq - len(facts) + 1
        self.numbers.merged += len(facts) - 1
        shared = b""
        for place in channel.subscribers:
            session = place.session
            if place.seq >= seq:
                continue  # came with a snapshot that has it all
            if place.held is not None or self._lags(session):
                self._hold(place, fact)
                continue
            if place.seq + 1 != first_seq:
                frame = self._frame_since(place, self._missed(place, facts, fact))
            else:
                frame = shared = shared or self._frame_since(place, fact)
            place.seq = seq
            session.push(frame)
            self.numbers.frames += 1

    def _missed(self, place: Subscription, facts: list[Fact], merged: Fact) -> Fact:
        # Of a session that came in the middle. Levels may be told twice, trades of a page not.
        if not place.channel.is_paced:
            return merged
        return place.channel.merged(facts[place.seq - place.channel.seq :])

    def _hold(self, place: Subscription, fact: Fact) -> None:
        place.held = fact if place.held is None else place.channel.merged((place.held, fact))
        self._holding[place] = None
        self.numbers.held += 1

    def _release(self, place: Subscription) -> None:
        assert place.held is not None, "only what holds something is released"
        del self._holding[place]
        place.session.push(self._frame_since(place, place.held))
        place.held = None
        place.seq = place.channel.seq
        self.numbers.frames += 1

    def _frame_since(self, place: Subscription, fact: Fact) -> bytes:
        channel = place.channel
        first_seq = place.seq + 1 if fact.is_merged else 0
        return self.framer.frame(channel.name, channel.seq, fact, first_seq)

    def _lags(self, session: Session) -> bool:
        return session.is_blocked and not self.in_lock_step

    def _has_room(self, place: Subscription) -> bool:
        if place.session.sheds():
            return False
        if place.lost_seq:
            self._announce_loss(place)
        return True

    def _announce_loss(self, place: Subscription) -> None:
        gap = GapData(channel=place.channel.name, first_seq=place.seq + 1, last_seq=place.lost_seq)
        place.seq, place.lost_seq = place.lost_seq, 0
        self.tell(place.session, "gap", gap)
