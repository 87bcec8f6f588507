"""Which waiting task meets which free worker, at a cost that grows with neither.

Workers are numbered seats (`seats.py`), so that a set of workers is the bits of one integer, and
the answer to a condition is such a set (`conditions.py`). Waiting tasks for whom the same workers
will do in the same order (`ranking.py`) stand in one lane (`lanes.py`; which lane, says
`membership.py`). Lanes with the same people share a pool (`pools.py`), which knows the first of its
tasks and the first of its free workers. The matcher (`matcher.py`) looks at a lane when a task
joins it, and at the pools of a worker when the worker changes: everything else is as it was, and
nothing in it can have become possible.

All of it is an index, made from the state and kept by watching events.
"""

from .matcher import Matcher

__all__ = ["Matcher"]
