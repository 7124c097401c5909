"""An organizer's act tried on a copy of the game: the same services, command and answers.

The copy is made from a snapshot of the machine, or by who has none from the journals, so that the
game that is played does not notice. It is acted on in a process of its own: restoring a state of
many megabytes would hold the market's interpreter for as long.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path

from msgspec import Struct, json
from msgspec.msgpack import Decoder

from itg.compose.companion import asked_of_companion, begin_companion
from itg.compose.services import services_of
from itg.compose.trial_copies import Copy, WholeCopy, copy_in
from itg.exchange.contract import BustRejected, TradeBusted
from itg.game.contract import (
    CorrectTrade,
    GameActRejected,
    GetRounds,
    GetScores,
    GetTeams,
    Rounds,
    RoundScore,
    RoundStatus,
    Scores,
    Teams,
)
from itg.kernel.errors import Refusal
from itg.kernel.ids import Seq, Shard
from itg.kernel.messages import Message
from itg.kernel.times import Nanos
from itg.positions.contract import AccountFillBusted, Balances, GetBalances
from itg.runtime.cascade import Machine
from itg.translate.corrections import Correction, Seen, Tried, bust_preview_body


class Asked(Struct, frozen=True, kw_only=True):
    """The instant and what to try, on a game's state, or on what the journals in `data` hold.

    `as_of_seq` is the number of that state, 0 where the state itself has it.
    """

    at_ns: Nanos
    act: CorrectTrade
    shards: tuple[Shard, ...] = ()
    state: bytes = b""
    data: str = ""
    as_of_seq: Seq = Seq(0)


def copy_of(asked: Asked) -> Copy:
    """Return the game as it was when it was asked for, or as its journals have it now."""
    if asked.data:
        return copy_in(Path(asked.data))
    machine = Machine(services_of(asked.shards))
    machine.restore(asked.state)
    return WholeCopy(machine)


def tried_on(copy: Copy, asked: Asked) -> Tried:
    """Let what is due happen on a copy, act, and tell what differs then."""
    as_of_seq = asked.as_of_seq or copy.seq
    copy.settle(asked.at_ns)
    before = _seen(copy)
    outputs = [*copy.act(asked.at_ns, asked.act), *copy.settle(asked.at_ns)]
    refusal = _refusal_in(outputs)
    if refusal is not None:
        return Tried(refusal=refusal)
    teams = copy.query(GetTeams())
    assert isinstance(teams, Teams)
    correction = Correction(
        as_of_seq=as_of_seq,
        at_ns=asked.at_ns,
        teams=teams.teams,
        busted=next(each for each in outputs if isinstance(each, TradeBusted)),
        fills=tuple(each for each in outputs if isinstance(each, AccountFillBusted)),
        before=before,
        after=_seen(copy),
    )
    return Tried(body=json.encode(bust_preview_body(correction)).decode())


def _refusal_in(outputs: Sequence[Message]) -> Refusal | None:
    refused = (each for each in outputs if isinstance(each, BustRejected | GameActRejected))
    return next((each.refusal for each in refused), None)


def _seen(copy: Copy) -> Seen:
    balances = copy.query(GetBalances())
    assert isinstance(balances, Balances)
    return Seen(balances=balances.accounts, rounds=tuple(_scores(copy)))


def _scores(copy: Copy) -> Iterator[RoundScore]:
    rounds = copy.query(GetRounds())
    assert isinstance(rounds, Rounds)
    for each in rounds.rounds:
        if each.status is not RoundStatus.SCHEDULED:
            scores = copy.query(GetScores(round_id=each.round_id))
            assert isinstance(scores, Scores)
            if scores.round is not None:
                yield scores.round


def main() -> None:
    """Run as the market's companion: `Asked` comes in MessagePack, `Tried` leaves as JSON."""
    tell = begin_companion()
    wish = Decoder(Asked).decode(asked_of_companion())
    tell(json.encode(tried_on(copy_of(wish), wish)))


if __name__ == "__main__":
    main()
