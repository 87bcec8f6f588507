"""What an alert shows of a callback and its answer."""

from urllib.parse import urlsplit, urlunsplit

from .sender import Reply

_EXCERPT = 500


def shown_url(url: str) -> str:
    """An address without the password that may stand in it."""
    parts = urlsplit(url)
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))


def said(reply: Reply) -> str:
    """What went wrong, in words."""
    words = reply.failure or f"it was answered with status {reply.status}"
    return words if reply.attempts == 1 else f"{words} ({reply.attempts} attempts)"


def excerpt(reply: Reply) -> str | None:
    """The beginning of the answer; None if it has no body."""
    return reply.body[:_EXCERPT].decode("utf-8", "replace") or None
