"""Lists as the second published browser client asks for them and reads them.

Source: TaskRouter event bridge, `AfterSid`, `NextToken` and the page that is answered.
"""

from typing import Any

import msgspec

from taskyard.server.api import pages
from taskyard.server.api.forms import Fields
from taskyard.server.api.pages import Asked, Found

_LIST_KEY = "contents"


class ContentsMeta(msgspec.Struct, gc=False):
    """What says where a list goes on."""

    list_key: str
    next_token: str | None


class Contents(msgspec.Struct, gc=False, rename={"next_page": "nextPage", "last_page": "lastPage"}):
    """One page of a list; pages are counted from 0, items from 0 to `end`, which is not one."""

    contents: list[Any]
    after_sid: str | None
    before_sid: str | None
    meta: ContentsMeta
    page: int
    total: int
    start: int
    end: int
    next_page: int | None
    last_page: int


def asked_page(query: Fields) -> Asked:
    """Read PageSize, and NextToken or else AfterSid.

    Raises:
        Invalid: A value has the wrong type or range, or the token is not ours.
    """
    asked = pages.asked_page(query, "NextToken")
    if asked.mark is not None:
        return asked
    return msgspec.structs.replace(asked, after_sid=query.filled("AfterSid", None))


def listed(
    path_url: str,
    key: str,
    query: Fields,
    filters: tuple[str, ...],
    asked: Asked,
    found: Found[Any],
    shown: list[Any],
) -> bytes:
    """The JSON of one page; see `pages.listed`."""
    following = found.next is not None
    page = found.begin // asked.size
    return msgspec.json.encode(
        Contents(
            contents=shown,
            after_sid=found.items[-1].sid if following else None,
            before_sid=found.items[0].sid if found.begin and found.items else None,
            meta=ContentsMeta(_LIST_KEY, found.next),
            page=page,
            total=found.total,
            start=found.begin,
            end=found.begin + len(found.items),
            next_page=page + 1 if following else None,
            last_page=max(0, found.total - 1) // asked.size,
        )
    )
