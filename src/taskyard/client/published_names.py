"""The names of the published JavaScript SDK, for code that was written with them in mind."""

import re
from typing import TYPE_CHECKING, Any

_OTHERWISE = {
    "addListener": "on",
    "disconnect": "close",
    "removeAllListeners": "off",
    "removeListener": "off",
    "taskqueues": "task_queues",
}
_HUMP = re.compile(r"(?<=[a-z0-9])[A-Z]")


class PublishedNames:
    """Whatever is called `update_token` here may be called `updateToken` as well.

    Type checkers know the names of Python alone, and so still find those that are misspelt.
    """

    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any:
            """What is not there by this name, by its name in Python."""
            own = _OTHERWISE.get(name) or _HUMP.sub(lambda hump: f"_{hump[0]}", name).lower()
            if name[:1].islower() and own != name:
                return getattr(self, own)
            # Once more, for what it says about a property that is not there.
            return object.__getattribute__(self, name)
