"""What every rule asks of the values it is given."""

from enum import StrEnum
from typing import TypeVar
from urllib.parse import urlsplit

from msgspec import UnsetType

from taskyard.core.errors import Invalid, VersionMismatch
from taskyard.core.ids import ActivitySid, is_sid
from taskyard.core.json_text import JsonProblem, compact, read_json
from taskyard.core.limits import Limits
from taskyard.core.model import Activity
from taskyard.core.state import State

_Choice = TypeVar("_Choice", bound=StrEnum)
_Value = TypeVar("_Value")


def kept(asked: _Value | UnsetType, current: _Value) -> _Value:
    """The value asked for, or the current one where none was."""
    return current if isinstance(asked, UnsetType) else asked


def friendly_name(name: str, limit: int) -> str:
    """A name for people: some text, not too long.

    Raises:
        Invalid: It is blank or too long.
    """
    if not name.strip():
        raise Invalid("FriendlyName must not be empty")
    return characters("FriendlyName", name, limit)


def attributes(text: str, limits: Limits) -> str:
    """Attributes as they are stored: a JSON object without insignificant white space.

    Raises:
        Invalid: It is no JSON object, or longer than the limit, white space counted.
    """
    if text == "{}":
        return text
    characters("Attributes", text, limits.attributes_characters)
    try:
        document = read_json(text)
    except JsonProblem as problem:
        raise Invalid(f"Attributes {problem}") from problem
    if not isinstance(document, dict):
        raise Invalid(f"Attributes must be a JSON object, not {_json_type(document)}")
    return compact(text)


def callback_url(name: str, url: str, limits: Limits) -> str:
    """An address that can be called, or nothing. Its fragment may hold connection settings.

    Raises:
        Invalid: It is no http:// or https:// address, or too long.
    """
    if not url:
        return url
    characters(name, url, limits.url_characters)
    try:
        parts = urlsplit(url)
        callable_ = parts.scheme in ("http", "https") and bool(parts.hostname)
        callable_ = callable_ and (parts.port is None or parts.port > 0)
    except ValueError:  # a port that is none, or half a pair of brackets
        callable_ = False
    if not callable_ or not url.isprintable() or " " in url:
        raise Invalid(f"{name} must be an http:// or https:// address, not {url[:60]!r}")
    return url


def characters(name: str, text: str, limit: int) -> str:
    """A text that is not too long.

    Raises:
        Invalid: It is.
    """
    if len(text) > limit:
        raise Invalid(f"{name} has {len(text)} characters: at most {limit} are allowed")
    return text


def whole_number(name: str, value: int, low: int, high: int) -> int:
    """A whole number within bounds.

    Raises:
        Invalid: It is not one.
    """
    if type(value) is not int or not low <= value <= high:
        raise Invalid(f"{name} must be a whole number from {low} to {high}, not {value!r}")
    return value


def choice(name: str, value: str, kind: type[_Choice]) -> _Choice:
    """One of a few words.

    Raises:
        Invalid: It is none of them.
    """
    try:
        return kind(value)
    except ValueError:
        raise Invalid(f"{name} must be one of {', '.join(kind)}, not {value!r}") from None


def activity(state: State, name: str, sid: str) -> Activity:
    """The activity that a parameter names.

    Raises:
        Invalid: There is none of that SID in this workspace.
    """
    found = state.activities.get(ActivitySid(sid))
    if found is None:
        raise Invalid(not_here(name, sid, "WA", "an activity"))
    return found


def optional_activity(state: State, name: str, sid: str | None) -> ActivitySid | None:
    """The activity that a parameter names, if it names one; an empty text names none."""
    return activity(state, name, sid).sid if sid else None


def not_here(name: str, sid: str, prefix: str, what: str) -> str:
    """The sentence for a parameter that names nothing of this workspace."""
    if is_sid(sid, prefix):
        return f"{name} {sid} is not {what} of this workspace"
    return f"{name} must be the SID of {what} ({prefix} and 32 hex digits), not {sid[:60]!r}"


def version(kind: str, sid: str, current: int, expected: int | None) -> None:
    """See that the caller has read the resource as it is now.

    Raises:
        VersionMismatch: It has changed since.
    """
    if expected is not None and expected != current:
        raise VersionMismatch(kind, sid, current, expected)


def _json_type(value: object) -> str:
    if isinstance(value, list):
        return "an array"
    if isinstance(value, str):
        return "a string"
    if value is None:
        return "null"
    return "true or false" if isinstance(value, bool) else "a number"
