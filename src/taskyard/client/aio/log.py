"""What a client says of its work, to those who asked it to."""

import logging

LOGGER = logging.getLogger("taskyard.client")


class Log:
    """Debug lines if they were asked for; warnings always. Neither ever holds a token."""

    def __init__(self, name: str, *, debug: bool) -> None:
        self._name = name
        self._debug = debug
        if debug:
            LOGGER.setLevel(logging.DEBUG)
            if not LOGGER.hasHandlers():  # the program has no logging of its own
                LOGGER.addHandler(logging.StreamHandler())

    def say(self, message: str, *values: object) -> None:
        """A line for whoever debugs."""
        if self._debug:
            LOGGER.debug(f"%s: {message}", self._name, *values)

    def warn(self, message: str, *values: object) -> None:
        """Something went wrong, and nobody else will hear of it."""
        LOGGER.warning(f"%s: {message}", self._name, *values)

    def failed(self, what: str, error: BaseException) -> None:
        """A callback of the program's own raised."""
        LOGGER.error("%s: %s raised", self._name, what, exc_info=error)
