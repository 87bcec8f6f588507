"""What a handler answers, and to what: said beside it, read by the router and by the document."""

import inspect
from collections.abc import Callable

import msgspec

from .calls import Handler
from .parameters import Parameter


class Operation(msgspec.Struct, frozen=True, kw_only=True):
    """One method of one path: its handler, and all that a caller needs to know of it.

    `answer` is the resource that a success shows, None for an answer without a body; for a list it
    is that of each item, and `key` the name of the array. `has_etag` says that the answer carries
    the resource's version, `honours_if_match` that the call may demand one, `may_be_gone` that the
    resource may have been withdrawn, `takes_json` that its fields may be sent as JSON too.
    """

    id: str
    handler: Handler
    status: int
    answer: type[msgspec.Struct] | None = None
    key: str | None = None
    form: tuple[Parameter, ...] = ()
    query: tuple[Parameter, ...] = ()
    has_etag: bool = False
    honours_if_match: bool = False
    may_be_gone: bool = False
    takes_json: bool = False

    @property
    def noun(self) -> str:
        """The plural of what it is about: the name of the file that it is in."""
        return self.handler.__module__.rpartition(".")[2]

    @property
    def summary(self) -> str:
        """What it does, in one line."""
        return self._said()[0]

    @property
    def description(self) -> str:
        """What else there is to say of it, or nothing."""
        return self._said()[1]

    def _said(self) -> tuple[str, str]:
        # Python drops docstrings when it is told to optimise.
        first, _, more = (inspect.getdoc(self.handler) or self.id).partition("\n\n")
        return first, more


def operation(
    id_: str,
    answer: type[msgspec.Struct] | None = None,
    *,
    key: str | None = None,
    form: tuple[Parameter, ...] = (),
    query: tuple[Parameter, ...] = (),
    has_etag: bool = False,
    honours_if_match: bool = False,
    may_be_gone: bool = False,
    takes_json: bool = False,
    status: int | None = None,
) -> Callable[[Handler], Operation]:
    """Make an operation of a handler, whose docstring says what it does.

    The status follows from the name, if it is not said: 201 for what creates, 204 for what has no
    body, else 200.
    """
    usual = 201 if id_.startswith("Create") else 204 if answer is None else 200

    def described(handler: Handler) -> Operation:
        return Operation(
            id=id_,
            handler=handler,
            status=usual if status is None else status,
            answer=answer,
            key=key,
            form=form,
            query=query,
            has_etag=has_etag,
            honours_if_match=honours_if_match,
            may_be_gone=may_be_gone,
            takes_json=takes_json,
        )

    return described
