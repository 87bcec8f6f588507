"""What everybody who takes part has in common."""

from types import TracebackType
from typing import Protocol, Self

import msgspec

CALLERS = 64
"""How many life cycles are under way at once."""
QUEUES = 20


class Left(Exception):
    """Somebody cannot take part here; the message says why."""


class Round(msgspec.Struct):
    """What came of one turn.

    Attributes:
        a_second: Life cycles, or whatever else a bound counts.
        offers_ms: How long each task waited from its creation until a worker had it.
        own_share: Of a core, which the process that asks took itself.
    """

    a_second: float
    offers_ms: list[float] = []
    own_share: float = 0.0


class Contender(Protocol):
    """Is entered once, and then has its turn in every round."""

    key: str
    says: str

    async def __aenter__(self) -> Self:
        """Get ready.

        Raises:
            Left: Something that is needed is not there.
        """
        ...

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Leave nothing behind."""
        ...

    async def turn(self, for_s: float) -> Round:
        """Work for so long, as fast as it goes."""
        ...


def payload(number: int) -> dict[str, object]:
    """What every task says, of whatever system it is."""
    return {"type": number % QUEUES, "customer": f"c-{number}", "language": "en"}
