"""Types of events as callers name them in filters.

Source: TaskRouter, events, section 2.7.
"""

_OLD_NAMES = {"worker.activity": "worker.activity.update"}


def asked_type(name: str) -> str:
    """The type of event that is meant; one that there is not means itself, and finds nothing."""
    return _OLD_NAMES.get(name, name)
