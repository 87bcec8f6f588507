"""How long after a fault tasks waited although somebody was there to accept them."""

from collections import defaultdict
from dataclasses import dataclass

from .history import Fault, History, Operation


@dataclass(frozen=True, slots=True)
class Standstill:
    fault: Fault
    workspace: str
    seconds: float


def standstills(history: History) -> list[Standstill]:
    """From each fault that came alone to the first acceptance asked for after it.

    A killed or halted node is gone for the others at once; without the database nothing can be
    kept, so that there it counts from the moment it is back.
    """
    accepted: dict[str, list[Operation]] = defaultdict(list)
    for one in history.operations:
        if one.kind == "accepted" and one.is_done:
            accepted[one.workspace].append(one)
    found = []
    for fault in history.faults:
        since_s = fault.over_s if fault.kind.startswith("database") else fault.start_s
        for workspace, all_of_it in accepted.items():
            after = [one.end_s for one in all_of_it if one.start_s >= since_s]
            if fault.alone and after:
                found.append(Standstill(fault, workspace, min(after) - since_s))
    return found


def worst(found: list[Standstill]) -> dict[str, float]:
    """The longest by kind of fault."""
    longest: dict[str, float] = defaultdict(float)
    for one in found:
        longest[one.fault.kind] = max(longest[one.fault.kind], one.seconds)
    return dict(longest)
