"""JSON that comes from outside: read with bounds of our own, and stored without white space."""

from collections.abc import Callable
from typing import Final, TypeVar

import msgspec

from .expressions.facts import Json

MAX_DEPTH: Final = 100
"""How deep the decoder gets depends on who calls it, and a text that was once accepted has to be
read again wherever it is needed: so there is one depth for everybody."""

_T = TypeVar("_T")


class JsonProblem(ValueError):
    """The text is not JSON, or nested too deep. The message goes on from the name of the thing."""


def read_json(text: str) -> Json:
    """The value that a text stands for. Of keys that are repeated, the last counts.

    Raises:
        JsonProblem: There is none, or it is nested too deep.
    """
    value: Json = _guarded(lambda: msgspec.json.decode(text))
    if text.count("[") + text.count("{") > MAX_DEPTH:
        _check_depth(value)
    return value


def compact(text: str) -> str:
    """The same JSON without insignificant white space; order and spelling stay as they are.

    Raises:
        JsonProblem: It is not JSON.
    """
    return _guarded(lambda: msgspec.json.format(text, indent=-1))


def _check_depth(value: Json) -> None:
    level = [value]
    for _ in range(MAX_DEPTH):
        level = [
            child
            for node in level
            if isinstance(node, list | dict)
            for child in (node.values() if isinstance(node, dict) else node)
            if isinstance(child, list | dict)
        ]
        if not level:
            return
    raise JsonProblem(_TOO_DEEP)


_TOO_DEEP: Final = f"is nested more than {MAX_DEPTH} deep"


def _guarded(read: Callable[[], _T]) -> _T:
    """Whatever can be wrong with JSON, as one kind of problem."""
    try:
        return read()
    except RecursionError:
        raise JsonProblem(_TOO_DEEP) from None
    except msgspec.DecodeError as error:
        raise JsonProblem(f"is not valid JSON: {error}") from error
    except UnicodeEncodeError as error:
        raise JsonProblem("is not valid JSON: it has half a character in it") from error
