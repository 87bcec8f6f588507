"""What a capability token grants: its URL policies, compiled once and then only matched.

Source: capability tokens, "Constructing JWTs"; what that leaves open is chosen in
`docs/reference/tokens.md`.
"""

from collections.abc import Iterable, Mapping
from enum import IntEnum
from typing import Any
from urllib.parse import urlsplit

import msgspec

Parameters = Mapping[str, list[str]]
"""The values of a query or a form by name, in the order in which they were given."""

METHODS = frozenset({"GET", "POST", "DELETE"})
_BRIDGE = ("v1", "wschannels")
_BARE_LISTS = (("Reservations",), ("Tasks",))


class Tail(IntEnum):
    """What a policy's address may be followed by; the more it names, the higher."""

    BELOW = 0
    """One segment or more: the pattern ends in `/**`."""
    ONE = 1
    """Exactly one segment: the pattern ends in `/*`."""
    EXACT = 2


class Matcher(msgspec.Struct, frozen=True):
    """What a filter asks of one parameter."""

    required: bool
    value: str | None = None
    """None for any."""

    def accepts(self, values: list[str] | None) -> bool:
        """Whether the parameter's values will do; None or none at all if it is not given."""
        if not values:
            return not self.required
        return self.value is None or all(value == self.value for value in values)


Filter = Mapping[str, Matcher]


class PolicyDocument(msgspec.Struct, frozen=True):
    """A policy as a token carries it."""

    url: str
    method: str
    query_filter: Any = None
    post_filter: Any = None
    allow: bool = False


class Policy(msgspec.Struct, frozen=True):
    """One policy, ready to be matched."""

    method: str
    segments: tuple[str, ...]
    """Of the path, but for the wildcard at its end; `*` stands for any one."""
    tail: Tail
    query: Filter
    form: Filter
    allow: bool

    @property
    def rank(self) -> tuple[int, int, bool, bool]:
        """How specific it is; the highest decides, and at the same height a denial."""
        literal = sum(segment != "*" for segment in self.segments)
        return literal, self.tail, bool(self.query or self.form), not self.allow

    def matches(
        self, method: str, segments: tuple[str, ...], query: Parameters, form: Parameters
    ) -> bool:
        """Whether the policy speaks about a request."""
        return (
            method == self.method
            and self._covers(segments)
            and _accepts(self.query, query)
            and _accepts(self.form, form)
        )

    def _covers(self, segments: tuple[str, ...]) -> bool:
        more = len(segments) - len(self.segments)
        if self.tail is Tail.EXACT:
            fits = more == 0
        elif self.tail is Tail.ONE:
            fits = more == 1
        else:
            # The default policies of worker tokens are meant to show these lists as well.
            is_list = self.method == "GET" and self.segments[-1:] in _BARE_LISTS
            fits = more >= 1 or (more == 0 and is_list)
        return fits and all(
            own in ("*", other) for own, other in zip(self.segments, segments, strict=False)
        )


def compile_policies(
    documents: Iterable[PolicyDocument],
    *,
    account_sid: str,
    workspace_sid: str,
    channel_sid: str,
    named_channel: str,
    strict: bool,
) -> tuple[Policy, ...]:
    """Make a token's policies ready: the one that decides stands before all that it overrules.

    Args:
        documents: The policies of the token.
        account_sid: The token's account.
        workspace_sid: The token's workspace.
        channel_sid: The worker, task queue or workspace that the token is for.
        named_channel: What the token's policies may call it on the event bridge.
        strict: Grant nothing beyond them. Otherwise a token may always fetch what it is for, and
            one that says nothing about the event bridge may use its own channel there.

    Raises:
        ValueError: A policy cannot be understood; the message says which, and why.
    """
    policies = []
    for number, document in enumerate(documents):
        try:
            policy = _compiled(document)
        except ValueError as error:
            raise ValueError(f"policy {number}: {error}") from error
        if policy.segments == channel_segments(account_sid, named_channel):
            own_channel = channel_segments(account_sid, channel_sid)
            policy = msgspec.structs.replace(policy, segments=own_channel)
        policies.append(policy)
    policies.sort(key=lambda policy: policy.rank, reverse=True)
    if not strict:
        if not any(policy.segments[:2] == _BRIDGE for policy in policies):
            bridge = channel_segments(account_sid, channel_sid)
            policies += [_plain("GET", bridge), _plain("POST", bridge)]
        # Last, so that any policy that denies it goes before.
        policies.append(_plain("GET", _resource(workspace_sid, channel_sid)))
    return tuple(policies)


def allows(
    policies: tuple[Policy, ...],
    method: str,
    segments: tuple[str, ...] | None,
    query: Parameters,
    form: Parameters,
) -> bool:
    """Whether compiled policies allow a request; `segments` is what `segments_of` has made."""
    if segments is None:
        return False
    for policy in policies:
        if policy.matches(method, segments, query, form):
            return policy.allow
    return False


def segments_of(path: str) -> tuple[str, ...] | None:
    """The segments of a path as it is routed, without one slash at its end.

    Returns:
        None for a path with an empty segment or one of dots: what those mean depends on who reads
        them, so no token opens it. Nothing is decoded here.
    """
    if not path.startswith("/"):
        return None
    segments = tuple(path[1:].removesuffix("/").split("/"))
    return None if any(segment in ("", ".", "..") for segment in segments) else segments


def channel_segments(account_sid: str, channel_sid: str) -> tuple[str, ...]:
    """Where the event bridge serves a channel."""
    return *_BRIDGE, account_sid, channel_sid


def _resource(workspace_sid: str, channel_sid: str) -> tuple[str, ...]:
    workspace = ("v1", "Workspaces", workspace_sid)
    match channel_sid[:2]:
        case "WK":
            return *workspace, "Workers", channel_sid
        case "WQ":
            return *workspace, "TaskQueues", channel_sid
    return workspace


def _plain(method: str, segments: tuple[str, ...]) -> Policy:
    return Policy(method, segments, Tail.EXACT, {}, {}, allow=True)


def _compiled(document: PolicyDocument) -> Policy:
    method = document.method.upper()
    if method not in METHODS:
        raise ValueError(f"method must be GET, POST or DELETE, not '{document.method}'")
    # Clients name whatever host they were given: only paths are compared.
    segments = urlsplit(document.url).path.removeprefix("/").removesuffix("/").split("/")
    tail = {"*": Tail.ONE, "**": Tail.BELOW}.get(segments[-1], Tail.EXACT)
    if tail is not Tail.EXACT:
        segments.pop()
    # A published sample writes the singular, which is the path of nothing.
    if segments[:2] == ["v1", "Workspaces"] and segments[3:4] == ["TaskQueue"]:
        segments[3] = "TaskQueues"
    return Policy(
        method,
        tuple(segments),
        tail,
        _filter(document.query_filter, "query_filter"),
        _filter(document.post_filter, "post_filter"),
        document.allow,
    )


def _filter(document: object, name: str) -> Filter:
    if document is None or document == []:  # a PHP array that is empty
        return {}
    if not isinstance(document, dict):
        raise ValueError(f"{name} must be an object")
    return {key: _matcher(wanted, f"{name}.{key}") for key, wanted in document.items()}


def _matcher(document: object, name: str) -> Matcher:
    if isinstance(document, str):
        return Matcher(required=True, value=document)
    if isinstance(document, dict):
        required, value = document.get("required", False), document.get("value")
        if isinstance(required, bool) and (value is None or isinstance(value, str)):
            return Matcher(required, value)
    raise ValueError(f'{name} must be a text or {{"required": true or false, "value": a text}}')


def _accepts(wanted: Filter, given: Parameters) -> bool:
    if not wanted:
        return True
    return all(name in wanted for name in given) and all(
        matcher.accepts(given.get(name)) for name, matcher in wanted.items()
    )
