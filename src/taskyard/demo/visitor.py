"""Whoever looks in: a worker of their own, and links that open the console signed in."""

import asyncio
import json
import os
import sys
import threading
import webbrowser

import msgspec

from . import wire
from .api import Api
from .contact_centre import ContactCentre

NAME = "You"
BY_HAND = "By hand"
"""The task queue and the workflow for what a visitor makes, out of reach of the crowd."""
PATIENCE_S = 120  # a person reads before they accept
LINK_HOLDS_S = 43_200  # as long as the server makes tokens for


class Invitation(msgspec.Struct, frozen=True):
    """Links into the console. Whoever has one is signed in by it."""

    floor_url: str
    """As supervisor of the workspace."""
    desk_url: str
    """As the worker that nobody of the crowd plays."""


async def invite(api: Api, centre: ContactCentre) -> Invitation:
    """Make the visitor's worker, with a task queue and a workflow for them alone, and the links.

    Raises:
        ApiError: The server refused something, or gave no answer.
    """
    queue, worker = await asyncio.gather(
        api.create(
            f"{centre.path}/TaskQueues",
            wire.Resource,
            {"FriendlyName": BY_HAND, "TargetWorkers": "skills HAS 'by hand'"},
        ),
        api.create(
            f"{centre.path}/Workers",
            wire.Resource,
            {"FriendlyName": NAME, "Attributes": '{"skills": ["by hand"]}'},
        ),
    )
    routing = {"task_routing": {"default_filter": {"queue": queue.sid}}}
    _, floor, desk = await asyncio.gather(
        api.create(
            f"{centre.path}/Workflows",
            wire.Resource,
            {
                "FriendlyName": BY_HAND,
                "TaskReservationTimeout": str(PATIENCE_S),
                "Configuration": json.dumps(routing),
            },
        ),
        _link(api, centre, {"Role": "supervisor"}),
        _link(api, centre, {"Role": "agent", "WorkerSid": worker.sid}),
    )
    return Invitation(floor_url=floor, desk_url=desk)


async def _link(api: Api, centre: ContactCentre, bearer: dict[str, str]) -> str:
    form = {"WorkspaceSid": centre.workspace_sid, "Ttl": str(LINK_HOLDS_S), **bearer}
    made = await api.create(f"{api.base_url}/taskyard/v1/Tokens", wire.Token, form)
    return f"{console_of(api.base_url)}#token={made.token}"


def console_of(base_url: str) -> str:
    """Where a server's console is."""
    return f"{base_url}/console/"


def has_display() -> bool:
    """Whether a browser would have a window: one of the terminal's would take the board's place."""
    return sys.platform == "darwin" or any(
        os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY")
    )


def open_browser(url: str) -> None:
    """Have the browser show a page, if there is one, without waiting for it."""
    # Some browsers are waited for until they are closed; the show goes on, and ends, without them.
    threading.Thread(target=webbrowser.open, args=(url,), daemon=True).start()
