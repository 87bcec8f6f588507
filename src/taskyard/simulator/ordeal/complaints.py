"""What the engine writes into its log: failures, which are meant here, and bugs, which are not."""

import contextlib
import logging
from collections.abc import Callable, Iterator

from .violation import Violation


class _Bugs(logging.Handler):
    def __init__(self, found: Callable[[Violation], None]) -> None:
        super().__init__(logging.ERROR)
        self._found = found

    def emit(self, record: logging.LogRecord) -> None:
        """A bug comes with its trace; a failure of the store is one line."""
        if record.exc_info is not None and record.exc_info[1] is not None:
            self._found(Violation(f"the log says: {record.getMessage()}: {record.exc_info[1]!r}"))


@contextlib.contextmanager
def bugs_are_found(found: Callable[[Violation], None]) -> Iterator[None]:
    """Tell of every bug that the engine survives and logs; nothing of the log goes anywhere."""
    logger = logging.getLogger("taskyard")
    bugs, propagates = _Bugs(found), logger.propagate
    logger.addHandler(bugs)
    logger.propagate = False
    try:
        yield
    finally:
        logger.propagate = propagates
        logger.removeHandler(bugs)
