"""`itg surveil`: the cases of a data directory, or of a running game."""

import asyncio
import sys
from datetime import UTC, datetime
from pathlib import Path

import aiohttp
from msgspec import Struct, json

from itg.cli import exits
from itg.cli.consoles import waiting, wide_console
from itg.cli.lab_reports import plain_table
from itg.compose.surveillance import surveil_data
from itg.wire.v1.problems import Problem
from itg.wire.v1.surveillance import CaseBody, CasePage

_TIMEOUT = aiohttp.ClientTimeout(total=10)
_page = json.Decoder(CasePage).decode
_case = json.Decoder(CaseBody).decode


class _Refused(Struct, frozen=True):
    problem: Problem


def show_recorded(data: Path, round_id: int | None = None, *, as_json: bool) -> int:
    """Look at every trading day of a data directory, or a round's, and print its cases."""
    with waiting("reading …"):
        cases = surveil_data(data, round_id)
    _show(cases, as_json=as_json)
    return exits.DONE


def show_live(url: str, key: str, round_id: int | None = None, *, as_json: bool) -> int:
    """Print a running game's cases; 3 if nobody answers, 1 if the key is refused."""
    try:
        answer = asyncio.run(_live(url, key, round_id))
    except (aiohttp.ClientError, TimeoutError):
        print(f"itg: no server answers at {url}; start one with `itg serve`", file=sys.stderr)
        return exits.NO_SERVER
    if isinstance(answer, _Refused):
        print(f"itg: {answer.problem.code}: {answer.problem.detail}", file=sys.stderr)
        return exits.FAILED
    _show(answer, as_json=as_json)
    return exits.DONE


async def _live(url: str, key: str, round_id: int | None) -> list[CaseBody] | _Refused:
    headers = {"X-API-Key": key}
    of_round = {} if round_id is None else {"round_id": str(round_id)}
    async with aiohttp.ClientSession(timeout=_TIMEOUT, headers=headers) as http:
        cases: list[CaseBody] = []
        cursor: str | None = ""
        while cursor is not None:
            query = of_round | ({"cursor": cursor} if cursor else {})
            async with http.get(f"{url}/admin/surveillance", params=query) as answer:
                body = await answer.read()
                if answer.status != 200:
                    return _Refused(json.decode(body, type=Problem))
            page = _page(body)
            if page.fault is not None:
                print(f"itg: the watch stands: {page.fault}", file=sys.stderr)
            for item in page.items:
                path = f"{url}/admin/surveillance/{item.case_id}"
                async with http.get(path, params=of_round) as answer:
                    cases.append(_case(await answer.read()))
            cursor = page.next_cursor
        return cases


def _show(cases: list[CaseBody], *, as_json: bool) -> None:
    if as_json:
        print(json.format(json.encode(cases)).decode())
        return
    if not cases:
        print("no cases")
        return
    titles = ("from", "to", "kind", "severity", "teams", "events", "case")
    table = plain_table("day", *titles, words=("kind", "teams", "case"))
    for case in cases:
        table.add_row(
            case.trading_day,
            _clock(case.from_us),
            _clock(case.to_us),
            case.kind,
            str(case.severity),
            " ".join(case.team_ids),
            str(case.evidence_count),
            case.case_id,
        )
    console = wide_console()
    console.print(table)
    for case in cases:
        console.print(f"\n{case.case_id}", style="bold", highlight=False)
        console.print(case.summary, highlight=False, soft_wrap=True)
        for one in case.evidence[:3]:
            console.print(f"  {one.seq:>10}  {one.what}", highlight=False, soft_wrap=True)
        rest = case.evidence_count - min(len(case.evidence), 3)
        if rest:
            console.print(f"  {rest:>10}  more (--json shows those kept)", highlight=False)


def _clock(at_us: int) -> str:
    return datetime.fromtimestamp(at_us / 1_000_000, UTC).strftime("%H:%M:%S")
