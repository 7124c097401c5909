"""The flag with which a process that serves asks for traces."""

from typing import Annotated

from cyclopts import Parameter

TraceShare = Annotated[
    float,
    Parameter(
        env_var="ITG_TRACE_SHARE",
        help="Send spans of this share of requests to a collector, 0 to 1; see OTEL_*.",
    ),
]
