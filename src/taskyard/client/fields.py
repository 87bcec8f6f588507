"""A resource's values: what stands in a payload, read once, and given by attribute."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, Generic, Never, Self, TypeVar, overload

import msgspec

from .published_names import PublishedNames

T = TypeVar("T")

JSON_TEXTS = frozenset({"attributes", "configuration", "addons", "event_data"})
INSTANTS = frozenset(
    {
        "date_created",
        "date_updated",
        "date_status_changed",
        "task_queue_entered_date",
        "virtual_start_time",
        "start_time",
        "end_time",
        "event_date",
    }
)
_TELLING = ("sid", "friendly_name", "assignment_status", "reservation_status", "event_type")


class Values(PublishedNames):
    """The values of one payload.

    `resource["key"]` gives any of them, also those that this version does not know; the known ones
    are attributes too. Instants are aware datetimes, JSON texts are parsed.
    """

    def __init__(self, payload: Mapping[str, Any]) -> None:
        self._values = read_values(payload)

    def __getitem__(self, key: str) -> Any:
        return self._values[key]

    def __contains__(self, key: object) -> bool:
        return key in self._values

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def get(self, key: str, default: Any = None) -> Any:
        """The value of a key, or the default."""
        return self._values.get(key, default)

    def to_dict(self) -> dict[str, Any]:
        """All values, by their names on the wire."""
        return dict(self._values)

    def __repr__(self) -> str:
        named = [name for name in _TELLING if name in self._values]
        # What has no name, like statistics, is told by its numbers.
        told = named or [name for name, value in self._values.items() if isinstance(value, int)]
        return f"<{' '.join([type(self).__name__, *(f'{n}={self._values[n]!r}' for n in told)])}>"


class Field(Generic[T]):
    """An attribute that is the value of the same name."""

    def __set_name__(self, owner: type[Values], name: str) -> None:
        self._name = name

    @overload
    def __get__(self, instance: None, owner: type[Values]) -> Self: ...
    @overload
    def __get__(self, instance: Values, owner: type[Values]) -> T: ...
    def __get__(self, instance: Values | None, owner: type[Values]) -> Self | T:
        if instance is None:
            return self
        try:
            value: T = instance._values[self._name]
        except KeyError:
            raise AttributeError(
                f"this {owner.__name__} has no {self._name} yet: fetch() gets all of it"
            ) from None
        return value

    def __set__(self, instance: Values, value: Never) -> None:
        raise AttributeError(f"{self._name} is the server's: change it with update()")


def read_values(payload: Mapping[str, Any]) -> dict[str, Any]:
    """A payload as Python values; it is not changed.

    An instant or a JSON text that cannot be read stays as it came: a strange value shall not cost
    the rest.
    """
    return {key: _read(key, value) for key, value in payload.items()}


def _read(key: str, value: Any) -> Any:
    match value:
        case dict() if key in JSON_TEXTS:
            return value  # the program's own words: nothing in them is an instant
        case dict():
            return read_values(value)
        case list():
            return [_read("", one) for one in value]
        case str() if key in JSON_TEXTS:
            try:
                return msgspec.json.decode(value)
            except ValueError:
                return value
        case str() if key in INSTANTS:
            try:
                instant = datetime.fromisoformat(value)
            except ValueError:
                return value
            return instant if instant.tzinfo else instant.replace(tzinfo=UTC)
        case bool():
            return value
        case int() | float() if key in INSTANTS:
            return datetime.fromtimestamp(value, UTC)
    return value
