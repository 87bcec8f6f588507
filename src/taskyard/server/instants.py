"""The instants in a token: seconds since the Unix epoch, made milliseconds."""

LEEWAY_MS = 30_000
"""How far the clock of who made a token may be ahead of ours."""

NumericDate = int | float
_FAR_S = 10**11


def in_ms(date: NumericDate) -> int:
    """A token's instant in milliseconds since the Unix epoch.

    A token may say any number: one that is thousands of years away is brought nearer.
    """
    return int(max(-_FAR_S, min(date, _FAR_S)) * 1000)
