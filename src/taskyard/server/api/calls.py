"""One call as the handlers see it, and what they give back."""

from collections.abc import Awaitable, Callable, Mapping
from typing import ParamSpec

import msgspec

from taskyard.core.causes import Cause
from taskyard.core.commands import Command
from taskyard.core.machine import Decided
from taskyard.core.state import State
from taskyard.engine import Directory, Keep, WorkspaceEngine

from .addresses import Addresses, addresses_of
from .forms import Fields, parse
from .pages import Asked, asked_page, listed
from .versions import expected_version

P = ParamSpec("P")


class Answer(msgspec.Struct, gc=False):
    """What a handler gives back: a status, JSON, and the version where the resource has one.

    `again` says that it was given before, to the same request.
    """

    status: int
    body: bytes
    version: int | None = None
    again: bool = False


class Dialect(msgspec.Struct, frozen=True):
    """How lists are asked for and what is shown, where it is not as in REST.

    Attributes:
        asked_page: Reads which page of a list is wanted.
        listed: Makes the JSON of a page; see `pages.listed`.
        bodies: What shows a resource instead of the function that shows it in REST, of the same
            parameters.
    """

    asked_page: Callable[[Fields], Asked] = asked_page
    listed: Callable[..., bytes] = listed
    bodies: Mapping[Callable[..., object], Callable[..., object]] = {}


REST = Dialect()


class Call(msgspec.Struct, gc=False):
    """A call that has been let in and whose body has been read.

    `sids` are the path's variable segments in their order; the first is the workspace's SID where
    there is one. `base` is the absolute address that ends in `/v1`, `path` what follows it.
    `keep` is there if the caller gave an idempotency key, `cause` says who the caller is. `fields`
    are those of the form or query where they did not come as one.
    """

    directory: Directory
    clock: Callable[[], int]
    base: str
    path: str
    sids: tuple[str, ...]
    query_string: bytes
    body: bytes
    if_match: bytes | None
    keep: Keep | None = None
    cause: Cause | None = None
    fields: Fields | None = None
    dialect: Dialect = REST

    async def engine(self) -> WorkspaceEngine:
        """The engine of the path's workspace.

        Raises:
            NotFound: There is no such workspace.
        """
        return await self.directory.engine(self.sids[0])

    async def ask(self, command: Command, render: Callable[[State, Decided], Answer]) -> Answer:
        """Have the path's workspace decide a command for this caller.

        Args:
            command: What is asked.
            render: Makes the answer, inside the turn; see `WorkspaceEngine.ask`.

        Raises:
            NotFound: There is no such workspace.
        """
        return await (await self.engine()).ask(command, render, self.keep, self.cause)

    @property
    def form(self) -> Fields:
        """The fields of the body."""
        return parse(self.body) if self.fields is None else self.fields

    @property
    def query(self) -> Fields:
        """The fields of the query. An empty value filters by nothing, like one not sent."""
        if self.fields is not None:
            return self.fields
        return parse(self.query_string, keep_empty=False)

    @property
    def expected_version(self) -> int | None:
        """The version that If-Match asks for."""
        return expected_version(self.if_match)

    def shape(self, shown_in_rest: Callable[P, object]) -> Callable[P, object]:
        """What shows a resource to this caller, by the function that shows it in REST."""
        return self.dialect.bodies.get(shown_in_rest, shown_in_rest)

    @property
    def addresses(self) -> Addresses:
        """Where the resources of the path's workspace are."""
        return addresses_of(self.base, self.sids[0])


NO_CONTENT = Answer(204, b"")

Handler = Callable[[Call], Awaitable[Answer]]


def no_content(*_: object) -> Answer:
    """Renders the answer that has no body."""
    return NO_CONTENT
