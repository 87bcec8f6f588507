"""One call as the handlers see it, and what they give back."""

from collections.abc import Awaitable, Callable

import msgspec

from taskyard.core.causes import Cause
from taskyard.core.commands import Command
from taskyard.core.machine import Decided
from taskyard.core.state import State
from taskyard.engine import Directory, Keep, WorkspaceEngine

from .addresses import Addresses, addresses_of
from .forms import Fields, parse
from .versions import expected_version


class Answer(msgspec.Struct, gc=False):
    """What a handler gives back: a status, JSON, and the version where the resource has one.

    `again` says that it was given before, to the same request.
    """

    status: int
    body: bytes
    version: int | None = None
    again: bool = False


class Call(msgspec.Struct, gc=False):
    """A call that has been let in and whose body has been read.

    `sids` are the path's variable segments in their order; the first is the workspace's SID where
    there is one. `base` is the absolute address that ends in `/v1`, `path` what follows it.
    `keep` is there if the caller gave an idempotency key, `cause` says who the caller is.
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
        return parse(self.body)

    @property
    def query(self) -> Fields:
        """The fields of the query. An empty value filters by nothing, like one not sent."""
        return parse(self.query_string, keep_empty=False)

    @property
    def expected_version(self) -> int | None:
        """The version that If-Match asks for."""
        return expected_version(self.if_match)

    @property
    def addresses(self) -> Addresses:
        """Where the resources of the path's workspace are."""
        return addresses_of(self.base, self.sids[0])


NO_CONTENT = Answer(204, b"")

Handler = Callable[[Call], Awaitable[Answer]]


def no_content(*_: object) -> Answer:
    """Renders the answer that has no body."""
    return NO_CONTENT
