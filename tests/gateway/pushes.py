"""Every push that a test hears is held against the table of channels."""

import re
from typing import Any

import msgspec
from msgspec import structs

from itg.wire.v1.channels import CHANNELS, PushRow


def assert_described(push: dict[str, Any]) -> None:
    """Fail on a push whose channel and type have no row, or whose data is not the row's."""
    rows = rows_of(push["channel"], push["type"])
    assert rows, f"no row for {push['channel']} {push['type']}"
    for row in rows:
        msgspec.convert(push["data"], row.data)
        known = {field.encode_name for field in structs.fields(row.data)}
        unknown = push["data"].keys() - known - {row.data.__struct_config__.tag_field}
        assert not unknown, f"{row.data.__name__} does not have {unknown}"


def rows_of(channel: str, kind: str) -> list[PushRow]:
    """Return the rows of a type on the channels that a name may mean."""
    return [
        push
        for row in CHANNELS
        if re.fullmatch(re.sub(r"{\w+}", ".+", row.name.replace(".", r"\.")), channel)
        and row.name.endswith(".raw") is channel.endswith(".raw")
        and row.name.startswith("ui.book.") is channel.startswith("ui.book.")
        for push in row.pushes
        if push.name == kind
    ]
