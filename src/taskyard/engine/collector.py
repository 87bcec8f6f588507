"""Keeps the garbage collector from walking over what is being loaded."""

import contextlib
import gc
from collections.abc import Iterator

_loads_under_way = 0


@contextlib.contextmanager
def spared() -> Iterator[None]:
    """Collect nothing for the time of a load: one walk over 100,000 tasks holds everybody up."""
    global _loads_under_way
    if _loads_under_way == 0:
        gc.disable()
    _loads_under_way += 1
    try:
        yield
    finally:
        _loads_under_way -= 1
        if _loads_under_way == 0:
            gc.enable()


def leave_alone() -> None:
    """Let it never look at what there is now: state lives as long as its workspace is awake."""
    gc.freeze()


def reclaim() -> None:
    """Look once at everything that was left alone: a large machine among it was forgotten.

    A pause of a tenth of a second with 100,000 tasks, after a failure; otherwise their memory would
    be lost with each.
    """
    gc.unfreeze()
    gc.collect()
