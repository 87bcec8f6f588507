"""Where statistics are asked for."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, Generic, TypeVar

from taskyard.client.parameters import Callback, in_order, wire_parameters
from taskyard.client.requests import Request
from taskyard.client.statistics import Statistics

from .link import Link
from .lists import Page

T = TypeVar("T")


class StatisticsOf(Generic[T]):
    """One kind of statistics of one resource, or of all resources of a kind."""

    def __init__(self, link: Link, path: str, read: Callable[[Any], T]) -> None:
        self._link = link
        self._path = path
        self._read = read

    def fetch(
        self,
        params: Mapping[str, Any] | Callback[T] | None = None,
        /,
        callback: Callback[T] | None = None,
        *,
        minutes: int | str | None = None,
        start_date: datetime | str | None = None,
        end_date: datetime | str | None = None,
        task_channel: str | None = None,
        split_by_wait_time: int | Sequence[int] | str | None = None,
        **more: Any,
    ) -> T:
        """Ask for them.

        Args:
            params: Parameters by their names on the wire; or at once the callback.
            callback: Called with (error, result) instead of raising.
            minutes: The length of the window that ends now.
            start_date: The window's begin, instead; without a time zone in UTC.
            end_date: The window's end.
            task_channel: A sid or unique name.
            split_by_wait_time: Thresholds in seconds.
            more: What else the resource has, such as `friendly_name`.

        Raises:
            TaskyardError: The server refused, or gave no answer.
        """
        named = {
            "minutes": minutes,
            "start_date": start_date,
            "end_date": end_date,
            "task_channel": task_channel,
            "split_by_wait_time": split_by_wait_time,
        }
        given, told = in_order(params, callback)
        request = Request("GET", self._path, wire_parameters(given, {**named, **more}))
        return self._link.ask(request, self._read, told)


def statistics_of_each(link: Link, path: str) -> StatisticsOf[Page[Statistics]]:
    """Those of a list that has an entry for each of its resources."""
    return StatisticsOf(link, path, lambda payload: Page(payload, Statistics, link))
