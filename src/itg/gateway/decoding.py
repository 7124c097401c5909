"""JSON and query strings into Structs; whatever does not fit is named by a JSON pointer.

msgspec checks types and bounds. Three faults it cannot name are found by a second, slower look with
the standard library: a number or text JSON does not have (NaN, half a surrogate pair), a key that
stands twice, and nesting without end.
"""

import json
import re
from collections.abc import Callable, Iterator
from math import isfinite
from typing import Generic, TypeVar
from urllib.parse import parse_qsl

import msgspec

from itg.gateway.problems import RefusedError, problem_of
from itg.gateway.reasons import INVALID_FIELD, UNREADABLE_BODY
from itg.wire.v1.orders import Request
from itg.wire.v1.problems import FieldError

P = TypeVar("P", bound=Request)
_AT = re.compile(r"^(?P<detail>.*?)(?: - at `\$(?P<path>[^`]*)`)?$", re.DOTALL)
_NAMED = re.compile(r"field `(?P<name>[^`]*)`")
_STEP = re.compile(r"\[(?P<index>\d+|\.\.\.)\]|\.(?P<name>[^.\[]+)")
_NESTED = (dict, list)
_UNREADABLE = (msgspec.DecodeError, ValueError, RecursionError)
_Pairs = list[tuple[str, object]]
_loose = msgspec.json.Decoder().decode


class JsonReader(Generic[P]):
    """Read one type of request."""

    def __init__(self, kind: type[P]) -> None:
        self._decode = msgspec.json.Decoder(kind).decode

    def read(self, text: bytes | str, *, has_doubles: bool = True) -> P:
        """Return the request; raise `RefusedError` with a problem that names the field.

        `has_doubles` False: the text is known to have no key twice.
        """
        try:
            request = self._decode(text)
        except msgspec.ValidationError as error:
            raise _invalid(error) from error
        except _UNREADABLE as error:
            raise unreadable(text, error) from error
        if has_doubles:
            refuse_doubled_keys(text)
        return request


def read_fields(kind: type[P], fields: dict[str, str]) -> P:
    """Return a request made of the texts of a path and a query."""
    try:
        return msgspec.convert(fields, kind, strict=False)
    except msgspec.ValidationError as error:
        raise _invalid(error) from error


def query_fields(query: bytes) -> dict[str, str]:
    """Return a query string's fields; a name that stands twice is refused."""
    if not query:
        return {}
    pairs = parse_qsl(query.decode("latin-1"), keep_blank_values=True)
    fields = dict(pairs)
    if len(fields) != len(pairs):
        names = [name for name, _ in pairs]
        raise _doubled(next(name for name in names if names.count(name) > 1))
    return fields


def refuse_doubled_keys(text: bytes | str) -> None:
    """Raise `RefusedError` if an object has a key twice; msgspec would take the last."""
    colons = text.count(b":") if isinstance(text, bytes) else text.count(":")
    # A flat object without a colon in its texts, as nearly every request is, needs no second look.
    try:
        is_flat = colons == _keys(_loose(text))
    except _UNREADABLE as error:
        raise unreadable(text, error) from error
    if not is_flat:
        _look_again(text, _without_doubles)


def refuse_doubled_names(text: bytes, names: tuple[str, ...]) -> None:
    """Raise `RefusedError` if one of these names stands twice in an object; others may."""

    def watched(pairs: _Pairs) -> dict[str, object]:
        return _without_doubles([pair for pair in pairs if pair[0] in names])

    _look_again(text, watched)


def _look_again(text: bytes | str, watched: Callable[[_Pairs], dict[str, object]]) -> None:
    # What was passed over as raw is read here for the first time: it may be no JSON after all.
    try:
        json.loads(text, object_pairs_hook=watched)
    except _UNREADABLE as error:
        raise unreadable(text, error) from error


def _keys(value: object) -> int:
    # Written out for the many scalars: a call for each took longer than reading the text.
    if not isinstance(value, dict):
        return sum(map(_keys, value)) if isinstance(value, list) else 0
    count = len(value)
    for member in value.values():
        if type(member) in _NESTED:
            count += _keys(member)
    return count


def _without_doubles(pairs: _Pairs) -> dict[str, object]:
    found = dict(pairs)
    if len(found) != len(pairs):
        names = [name for name, _ in pairs]
        raise _doubled(next(name for name in names if names.count(name) > 1))
    return found


def _doubled(name: str) -> RefusedError:
    return field_fault(pointer_of([name]), "stands twice")


def _invalid(error: msgspec.ValidationError) -> RefusedError:
    parts = _AT.match(str(error))
    assert parts is not None, "the pattern takes any text"
    detail = parts["detail"]
    steps = [step["index"] or step["name"] for step in _STEP.finditer(parts["path"] or "")]
    named = _NAMED.search(detail)
    if named is not None:
        steps.append(named["name"])
    return field_fault(pointer_of(steps), detail)


def unreadable(text: bytes | str, error: Exception) -> RefusedError:
    """Return the refusal of a text that is no JSON, naming the field if one is at fault."""
    steps = next(_unfit(_with_unfit(text), []), None)
    if steps is None:
        return RefusedError(problem_of(UNREADABLE_BODY, _why_unreadable(text, error)))
    return field_fault(pointer_of(steps), "no JSON number or text")


def _why_unreadable(text: bytes | str, error: Exception) -> str:
    if not text.strip():
        return "nothing was sent; send one JSON object, {} where every field may be left out"
    return "nested too deeply" if isinstance(error, RecursionError) else str(error)


def _with_unfit(text: bytes | str) -> object:
    # The standard library takes NaN, Infinity and lone surrogates: enough to say where they are.
    try:
        loose: object = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return loose


def _unfit(value: object, steps: list[str]) -> Iterator[list[str]]:
    if isinstance(value, dict):
        for name, member in value.items():
            yield from _unfit(member, [*steps, str(name)])
    elif isinstance(value, list):
        for index, member in enumerate(value):
            yield from _unfit(member, [*steps, str(index)])
    elif (isinstance(value, float) and not isfinite(value)) or (
        isinstance(value, str) and not _is_text(value)
    ):
        yield steps


def _is_text(value: str) -> bool:
    return not any("\ud800" <= character <= "\udfff" for character in value)


def field_fault(pointer: str, detail: str) -> RefusedError:
    """Return the refusal of a field that cannot be read."""
    errors = [FieldError(pointer=pointer, detail=detail)]
    return RefusedError(problem_of(INVALID_FIELD, f"{pointer or '/'}: {detail}", errors=errors))


def pointer_of(steps: list[str]) -> str:
    """Return a JSON pointer (RFC 6901)."""
    return "".join("/" + _printable(step).replace("~", "~0").replace("/", "~1") for step in steps)


def _printable(text: str) -> str:
    return text.encode("utf-8", "backslashreplace").decode()[:64]
