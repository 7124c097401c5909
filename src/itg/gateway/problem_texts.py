"""What stands about each code on its page: the meaning, an example, the cure; from one file."""

import tomllib
from pathlib import Path

import msgspec
from msgspec import Struct

from itg.gateway.problems import REASONS, title_of
from itg.wire.v1.problems import Problem

_FILE = Path(__file__).parent / "static" / "problems.toml"
_EARLIER = "earlier"
_REQUEST_ID = "019b8a52-7f3c-7c41-9d0e-5b1a6f20c3e4"


class ProblemText(Struct, frozen=True, forbid_unknown_fields=True):
    """What a code means, and what its receiver can do; `example` holds a problem's own fields."""

    means: str
    cure: str
    example: dict[str, object]


class EarlierCode(Struct, frozen=True, forbid_unknown_fields=True):
    """A code of the earlier system, and the codes that stand in its place."""

    code: str
    here: list[str]
    note: str


class ProblemTexts(Struct, frozen=True):
    """The whole file."""

    codes: dict[str, ProblemText]
    earlier: list[EarlierCode]

    def example(self, code: str) -> Problem:
        """Return a problem of this code as a client receives it."""
        reason = REASONS[code]
        fields = {
            "type": f"/problems/{code}",
            "title": title_of(code),
            "status": reason.status,
            "code": code,
            "request_id": _REQUEST_ID,
            **self.codes[code].example,
        }
        return msgspec.convert(fields, Problem)


def problem_texts() -> ProblemTexts:
    """Return the texts of all codes."""
    rows = tomllib.loads(_FILE.read_text(encoding="utf-8"))
    earlier = msgspec.convert(rows.pop(_EARLIER), list[EarlierCode])
    return ProblemTexts(msgspec.convert(rows, dict[str, ProblemText]), earlier)
