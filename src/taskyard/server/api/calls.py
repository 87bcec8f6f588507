"""One call as the handlers see it, and what they give back."""

from collections.abc import Awaitable, Callable

import msgspec

from taskyard.engine import Directory, Keep, WorkspaceEngine

from .addresses import Addresses, addresses_of
from .forms import Fields, parse
from .versions import expected_version


class Call(msgspec.Struct, gc=False):
    """A call that has been let in and whose body has been read.

    `sids` are the path's variable segments in their order; the first is the workspace's SID where
    there is one. `base` is the absolute address that ends in `/v1`, `path` what follows it.
    `keep` is there if the caller gave an idempotency key: every POST hands it to the engine.
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

    async def engine(self) -> WorkspaceEngine:
        """The engine of the path's workspace.

        Raises:
            NotFound: There is no such workspace.
        """
        return await self.directory.engine(self.sids[0])

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


class Answer(msgspec.Struct, gc=False):
    """What a handler gives back: a status, JSON, and the version where the resource has one.

    `again` says that it was given before, to the same request.
    """

    status: int
    body: bytes
    version: int | None = None
    again: bool = False


NO_CONTENT = Answer(204, b"")

Handler = Callable[[Call], Awaitable[Answer]]


def nothing(*_: object) -> None:
    """Renders the answer that has no body."""
