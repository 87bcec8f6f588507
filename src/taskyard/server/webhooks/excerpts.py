"""What an alert shows of a callback and its answer."""

from collections.abc import Mapping
from urllib.parse import urlencode, urlsplit, urlunsplit

from .sender import Reply

_EXCERPT = 500
_SECRET = "SipAuthPassword"


def shown_url(url: str) -> str:
    """An address without the password that may stand in it."""
    parts = urlsplit(url)
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))


def said(reply: Reply) -> str:
    """What went wrong, in words."""
    words = reply.failure or f"it was answered with status {reply.status}"
    return words if reply.attempts == 1 else f"{words} ({reply.attempts} attempts)"


def sent(form: Mapping[str, str]) -> str:
    """The beginning of a form as it was sent, without the password that may stand in it."""
    return urlencode({name: one for name, one in form.items() if name != _SECRET})[:_EXCERPT]


def excerpt(reply: Reply) -> str | None:
    """The beginning of the answer; None if it has no body."""
    return reply.body[:_EXCERPT].decode("utf-8", "replace") or None
