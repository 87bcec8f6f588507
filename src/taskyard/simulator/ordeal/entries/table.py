"""Which function takes which event down."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from taskyard.core.events import Event

if TYPE_CHECKING:
    from taskyard.simulator.ordeal.ledger import Ledger

TakeDown = Callable[["Ledger", Any], None]

APPLY: dict[type[Event], TakeDown] = {}


def takes_down(*kinds: type[Event]) -> Callable[[TakeDown], TakeDown]:
    """What takes these events down."""

    def note(apply: TakeDown) -> TakeDown:
        APPLY.update(dict.fromkeys(kinds, apply))
        return apply

    return note
