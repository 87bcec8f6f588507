"""What callers pass, turned into the names and texts of the wire."""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any, TypeVar

import msgspec

from .errors import TaskyardError

T = TypeVar("T")

Callback = Callable[[TaskyardError | None, T | None], Any]
"""Called with (error, result); one of them is None, both are after a successful delete."""


def in_order(first: Any, second: Any) -> tuple[Any, Callback[Any] | None]:
    """A value and its callback, whichever was given first: the published SDK has both orders."""
    return (second, first) if callable(first) else (first, second)


def wire_parameters(
    given: Mapping[str, Any] | None, named: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """The parameters of a request.

    Args:
        given: By their names on the wire, `MaxReservedWorkers`, or in Python,
            `max_reserved_workers`. It is not changed.
        named: The same as keyword arguments.

    Returns:
        Texts by their names on the wire, lists of texts where one is repeated; without those that
        are None.
    """
    every = {**(given or {}), **(named or {})}
    return {
        wire_name(name): wire_value(name, value)
        for name, value in every.items()
        if value is not None
    }


def wire_name(name: str) -> str:
    """`max_reserved_workers` as `MaxReservedWorkers`; what is spelt so already stays."""
    return "".join(part[:1].upper() + part[1:] for part in name.split("_"))


def wire_value(name: str, value: Any) -> str | list[str]:
    """A parameter as text.

    Instants become ISO 8601 in UTC, without a time zone they are taken to be in UTC; mappings
    become JSON; a sequence of plain values becomes one text with commas, but for the
    `…StatusCallbackEvent` parameters, which are repeated.
    """
    match value:
        case str():
            return value
        case bool():
            return "true" if value else "false"
        case datetime():
            aware = value if value.tzinfo else value.replace(tzinfo=UTC)
            return aware.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        case date():
            return value.isoformat()
        case bytes():
            pass
        case Mapping():
            return msgspec.json.encode(value).decode()
        case Sequence() if all(isinstance(one, str | int | float) for one in value):
            texts = [str(wire_value(name, one)) for one in value]
            return texts if wire_name(name).endswith("CallbackEvent") else ",".join(texts)
        case Sequence():
            return msgspec.json.encode(value).decode()
        case int() | float():
            return str(value)
    raise TypeError(
        f"{name} is a {type(value).__name__}: expected text, a number, a truth value, an instant, "
        "a mapping or a list"
    )


def update_arguments(
    positional: tuple[Any, ...], callback: Callback[T] | None, named: Mapping[str, Any]
) -> tuple[dict[str, Any], Callback[T] | None]:
    """The parameters and the callback of any form of `update`.

    The forms: `("Name", "value"[, callback])`, `({…}[, callback])`, and keyword arguments.

    Raises:
        TypeError: It is none of these forms.
    """
    match positional:
        case () if named:
            given: dict[str, Any] = {}
        case (str() as name, str() as value):
            given = {name: value}
        case (str() as name, str() as value, told) if callable(told) and callback is None:
            given, callback = {name: value}, told
        case (Mapping() as many,):
            given = dict(many)
        case (Mapping() as many, told) if callable(told) and callback is None:
            given, callback = dict(many), told
        case _:
            raise TypeError(
                'update takes ("Name", "value"), a mapping, or keyword arguments, and then a '
                "callback"
            )
    return wire_parameters(given, named), callback
