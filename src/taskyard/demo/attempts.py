"""Requests that may fail without ending the show."""

from collections.abc import Awaitable, Container
from typing import TypeVar

from .api import ApiError, CutOff, Refused
from .ledger import Ledger

Answer = TypeVar("Answer")

LOOKING = frozenset({404})
"""What was read has been deleted meanwhile."""
ANSWERING = frozenset({400, 404, 410})
"""The offer was withdrawn, the customer has gone, or somebody else was quicker."""
NOTHING = frozenset[int]()


async def attempt(
    request: Awaitable[Answer], ledger: Ledger, *, part_of_life: Container[int]
) -> Answer | None:
    """Wait for a request and count its failure, if it fails.

    Args:
        request: The request, under way or about to be.
        ledger: Where failures are counted.
        part_of_life: The statuses of refusals that are nobody's fault.

    Returns:
        The answer, or None if there was none to be had.
    """
    try:
        return await request
    except Refused as refused:
        if refused.status in part_of_life:
            ledger.too_late += 1
        else:
            ledger.note_trouble(refused)
    except CutOff:
        ledger.cut_off += 1
    except ApiError as error:
        ledger.note_trouble(error)
    return None
