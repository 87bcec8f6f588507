import json
import logging
import sys

from taskyard.server.logs import JsonLines


def line(record: logging.LogRecord) -> dict[str, object]:
    text = JsonLines().format(record)
    assert "\n" not in text
    loaded = json.loads(text)
    assert isinstance(loaded, dict)
    return loaded


def record(message: str, *args: object, **more: object) -> logging.LogRecord:
    made = logging.makeLogRecord(
        {"name": "taskyard.x", "levelno": 30, "levelname": "WARNING", "msg": message, "args": args}
    )
    made.created = 1_767_614_400.25
    vars(made).update(more)
    return made


def test_a_line_says_when_how_bad_where_and_what() -> None:
    assert line(record("%s is full", "the disk")) == {
        "at": "2026-01-05T12:00:00.250Z",
        "level": "warning",
        "logger": "taskyard.x",
        "message": "the disk is full",
    }


def test_what_is_given_beside_the_message_stands_beside_it() -> None:
    assert line(record("loaded", events=7))["events"] == 7
    assert line(record("loaded", what=ValueError("odd")))["what"] == "odd"


def test_a_traceback_stays_in_its_line() -> None:
    try:
        raise RuntimeError("two\nlines")
    except RuntimeError:
        error = line(record("failed", exc_info=sys.exc_info()))["error"]
    assert isinstance(error, str)
    assert error.endswith("RuntimeError: two\nlines")
