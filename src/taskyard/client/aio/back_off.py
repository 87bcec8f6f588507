"""How long to wait before trying again."""

import random

LONGEST_S = 30.0


def reconnect_delay_s(attempt: int) -> float:
    """Up to 1, 3, 7, 15, 30, 30 … seconds for the attempts from 1 on.

    The second half of it is chance, so that clients which lost the same server do not come back
    all at once.
    """
    longest_s = min(LONGEST_S, 2.0 ** min(attempt, 10) - 1)
    return random.uniform(longest_s / 2, longest_s)


def retry_delay_s(attempt: int, asked_s: float | None) -> float:
    """Up to 0.2, 0.4, 0.8 … 5 seconds, and not before the server asked to be called again."""
    longest_s = min(5.0, 0.1 * 2.0 ** min(attempt, 10))
    return max(random.uniform(longest_s / 2, longest_s), min(asked_s or 0.0, LONGEST_S))
