"""The flags of commands that have a played game backed up."""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

BackupTo = Annotated[
    Path | None,
    Parameter(env_var="ITG_BACKUP_TO", help="Back the game up there while it is played."),
]
BackupEvery = Annotated[str, Parameter(env_var="ITG_BACKUP_EVERY", help="Again after so long.")]
BackupKeep = Annotated[
    int | None,
    Parameter(env_var="ITG_BACKUP_KEEP", help="Keep so many of them; default: all."),
]
