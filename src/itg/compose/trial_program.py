"""An organizer's act tried on a copy of the game: the same services, command and answers.

The copy is made from a snapshot of the machine, so that nothing is computed here a second time and
the game that is played does not notice. It is acted on in a process of its own: restoring a state
of many megabytes would hold the market's interpreter for as long.
"""

from collections.abc import Iterator, Sequence

from msgspec import Struct, json
from msgspec.msgpack import Decoder

from itg.compose.companion import asked_of_companion, begin_companion
from itg.compose.services import services_of
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
from itg.kernel.ids import Shard
from itg.kernel.messages import Message
from itg.kernel.times import Nanos
from itg.positions.contract import AccountFillBusted, Balances, GetBalances
from itg.runtime.cascade import Machine
from itg.translate.corrections import Correction, Seen, Tried, bust_preview_body


class Asked(Struct, frozen=True, kw_only=True):
    """A game's state, the instant and what to try."""

    shards: tuple[Shard, ...]
    at_ns: Nanos
    state: bytes
    act: CorrectTrade


def copy_of(asked: Asked) -> Machine:
    """Return the game as it was when it was asked for."""
    machine = Machine(services_of(asked.shards))
    machine.restore(asked.state)
    return machine


def tried_on(machine: Machine, asked: Asked) -> Tried:
    """Let what is due happen on a copy, act, and tell what differs then."""
    as_of_seq = machine.next_seq - 1
    _settle(machine, asked.at_ns)
    before = _seen(machine)
    outputs = [*machine.apply(asked.at_ns, asked.act), *_settle(machine, asked.at_ns)]
    refusal = _refusal_in(outputs)
    if refusal is not None:
        return Tried(refusal=refusal)
    teams = machine.query(GetTeams())
    assert isinstance(teams, Teams)
    correction = Correction(
        as_of_seq=as_of_seq,
        at_ns=asked.at_ns,
        teams=teams.teams,
        busted=next(each for each in outputs if isinstance(each, TradeBusted)),
        fills=tuple(each for each in outputs if isinstance(each, AccountFillBusted)),
        before=before,
        after=_seen(machine),
    )
    return Tried(body=json.encode(bust_preview_body(correction)).decode())


def _settle(machine: Machine, until_ns: Nanos) -> list[Message]:
    # As the pump: a timer that is due comes before whatever is next.
    told: list[Message] = []
    while (fired := machine.due(until_ns)) is not None:
        told += machine.apply(fired.at_ns, fired)
    return told


def _refusal_in(outputs: Sequence[Message]) -> Refusal | None:
    refused = (each for each in outputs if isinstance(each, BustRejected | GameActRejected))
    return next((each.refusal for each in refused), None)


def _seen(machine: Machine) -> Seen:
    balances = machine.query(GetBalances())
    assert isinstance(balances, Balances)
    return Seen(balances=balances.accounts, rounds=tuple(_scores(machine)))


def _scores(machine: Machine) -> Iterator[RoundScore]:
    rounds = machine.query(GetRounds())
    assert isinstance(rounds, Rounds)
    for each in rounds.rounds:
        if each.status is not RoundStatus.SCHEDULED:
            scores = machine.query(GetScores(round_id=each.round_id))
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
