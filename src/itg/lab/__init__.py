"""The lab: the game's own services and the bots' own classes, without disk, network or clock.

Owns: lock-step runs in one process. Does not own: any rule; what happens is what the services say,
and what a bot hears is what its socket would have told it.
"""

from itg.lab.run import LabRun
from itg.lab.seats import Seat

__all__ = ["LabRun", "Seat"]
