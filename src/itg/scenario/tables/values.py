"""What every table is, and the kinds of values its keys take."""

from typing import Annotated

from msgspec import Meta, Struct

Positive = Annotated[float, Meta(gt=0)]
Factor = Annotated[float, Meta(gt=0, le=10)]
NotNegative = Annotated[float, Meta(ge=0)]
Fraction = Annotated[float, Meta(ge=0, le=1)]
Count = Annotated[int, Meta(ge=1)]
Seconds = Annotated[int, Meta(ge=0)]
Seed = Annotated[int, Meta(ge=0, le=2**63 - 1)]
Slug = Annotated[str, Meta(pattern=r"^[a-z][a-z0-9_-]{0,31}$")]
TeamName = Annotated[str, Meta(min_length=3, max_length=50)]
Ticker = Annotated[str, Meta(pattern=r"^[A-Z]{1,6}$")]


class Table(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A TOML table; unknown keys are errors."""
