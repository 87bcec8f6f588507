"""The log: one line of JSON on standard error for each event of interest."""

import logging
from datetime import UTC, datetime
from typing import Any

import msgspec

_OWN = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}
"""What every record has; everything else was given by whoever logged."""

_encoder = msgspec.json.Encoder(enc_hook=str)


class JsonLines(logging.Formatter):
    """A record as one object: when, how bad, where, what, and then what was given with `extra`.

    JSON escapes line ends, so a line stays a line whatever stands in a message or a traceback.
    """

    def format(self, record: logging.LogRecord) -> str:
        """The line, without its end."""
        at = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        line: dict[str, Any] = {
            "at": at.replace("+00:00", "Z"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        line |= {name: value for name, value in vars(record).items() if name not in _OWN}
        if record.exc_info:
            line["error"] = self.formatException(record.exc_info)
        return _encoder.encode(line).decode()


def log_to_standard_error() -> None:
    """Have everything from `info` upwards written; of other libraries, from `warning` upwards."""
    handler = logging.StreamHandler()
    handler.setFormatter(JsonLines())
    logging.basicConfig(handlers=[handler], level=logging.WARNING)
    logging.getLogger("taskyard").setLevel(logging.INFO)
    # It warns of each request that is no HTTP, and so anybody could fill the log with lines.
    logging.getLogger("uvicorn.error").setLevel(logging.ERROR)
