"""Making tokens for browsers: capability tokens for the first SDK, access tokens for the second.

Source: capability tokens, "Constructing JWTs"; access tokens with the task router grant.
"""

import re
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, Self

import jwt

Filter = Mapping[str, str | Mapping[str, bool | str]]
"""By a parameter's name the text that it must be, or `{"required": …, "value": …}`."""

TTL_S = 3_600
ACCESS_TTL_S_MAX = 86_400

_API = "https://taskrouter.twilio.com"
_BRIDGE = "https://event-bridge.twilio.com"
_NAMES = {
    "AC": "an account SID",
    "SK": "an API key SID",
    "WS": "a workspace SID",
    "WK": "a worker SID",
    "WQ": "a task queue SID",
}
_DIGITS = re.compile(r"[0-9a-fA-F]{32}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """What a capability token says about requests to one address.

    The address may end in `/*`, for one segment more, or in `/**`, for one or more. A filter that
    is not empty is closed: what it does not name may not be sent. Where several policies match, the
    most specific decides.
    """

    url: str
    method: str
    query_filter: Filter = field(default_factory=dict)
    post_filter: Filter = field(default_factory=dict)
    allow: bool = True

    def claim(self) -> dict[str, object]:
        """The policy as the token carries it."""
        return {
            "url": self.url,
            "method": self.method,
            "allow": self.allow,
            "query_filter": dict(self.query_filter),
            "post_filter": dict(self.post_filter),
        }


class TaskRouterCapability:
    """A capability token for any channel: it may use it, and fetch what the channel is named after.

    Whatever else it may do is said by the methods that begin with `allow`; each returns the token,
    so that calls can be chained.
    """

    def __init__(
        self,
        account_sid: str,
        auth_token: str,
        workspace_sid: str,
        channel_sid: str,
        *,
        ttl: int = TTL_S,
        base_url: str = _API,
        bridge_url: str = _BRIDGE,
    ) -> None:
        """A token that is signed with the account's auth token, and can be made more than once.

        Args:
            account_sid: `AC…`.
            auth_token: The account's secret, or its secondary one.
            workspace_sid: `WS…`.
            channel_sid: The worker `WK…`, task queue `WQ…` or workspace `WS…` that it is for.
            ttl: For how many seconds it holds, from when it is made.
            base_url: What addresses of policies begin with. Taskyard compares paths alone.
            bridge_url: The same for the event bridge.

        Raises:
            ValueError: A SID is not what it should be, the secret is empty, or the time is not a
                whole number from 1.
        """
        self.account_sid = _sid("account_sid", account_sid, "AC")
        self.workspace_sid = _sid("workspace_sid", workspace_sid, "WS")
        self.channel_sid = _sid("channel_sid", channel_sid, "WK", "WQ", "WS")
        if channel_sid.startswith("WS") and channel_sid != workspace_sid:
            raise ValueError("channel_sid is another workspace than workspace_sid")
        self.ttl = _ttl(ttl)
        self._auth_token = _secret("auth_token", auth_token)
        self._workspace_url = f"{base_url.rstrip('/')}/v1/Workspaces/{workspace_sid}"
        self._url = (
            self._workspace_url
            + {
                "WK": f"/Workers/{channel_sid}",
                "WQ": f"/TaskQueues/{channel_sid}",
                "WS": "",
            }[channel_sid[:2]]
        )
        channel_url = f"{bridge_url.rstrip('/')}/v1/wschannels/{account_sid}/{channel_sid}"
        self.policies = [
            Policy(url=channel_url, method="GET"),
            Policy(url=channel_url, method="POST"),
            Policy(url=self._url, method="GET"),
        ]

    def allow(
        self,
        url: str,
        method: str,
        *,
        query_filter: Filter | None = None,
        post_filter: Filter | None = None,
    ) -> Self:
        """Allow requests to an address; see `Policy`."""
        return self._add(url, method, query_filter, post_filter, allow=True)

    def deny(
        self,
        url: str,
        method: str,
        *,
        query_filter: Filter | None = None,
        post_filter: Filter | None = None,
    ) -> Self:
        """Deny requests to an address, but for what a more specific policy allows."""
        return self._add(url, method, query_filter, post_filter, allow=False)

    def allow_fetch_subresources(self) -> Self:
        """Allow to fetch all that lies below."""
        return self.allow(f"{self._url}/**", "GET")

    def allow_updates(self) -> Self:
        """Allow to update the worker, task queue or workspace; also called `allow_update_self`."""
        return self.allow(self._url, "POST")

    def allow_updates_subresources(self) -> Self:
        """Allow to create and update what lies below; also called `allow_update_subresources`."""
        return self.allow(f"{self._url}/**", "POST")

    def allow_delete(self) -> Self:
        """Allow to delete the worker, task queue or workspace; also called `allow_delete_self`."""
        return self.allow(self._url, "DELETE")

    def allow_delete_subresources(self) -> Self:
        """Allow to delete what lies below."""
        return self.allow(f"{self._url}/**", "DELETE")

    allow_update_self = allow_updates
    allow_update_subresources = allow_updates_subresources
    allow_delete_self = allow_delete

    def to_jwt(self, ttl: int | None = None) -> str:
        """Make the token, from now on.

        Args:
            ttl: For how many seconds it holds, if not for the time that the constructor was given.

        Raises:
            ValueError: The time is not a whole number from 1.
        """
        now_s = int(time.time())
        claims: dict[str, object] = {
            "account_sid": self.account_sid,
            "workspace_sid": self.workspace_sid,
            "channel": self.channel_sid,
            "version": "v1",
            "friendly_name": self.channel_sid,
            "policies": [policy.claim() for policy in self.policies],
            "iss": self.account_sid,
            "exp": now_s + (self.ttl if ttl is None else _ttl(ttl)),
            "nbf": now_s,
        }
        if self.channel_sid.startswith("WK"):
            claims["worker_sid"] = self.channel_sid
        elif self.channel_sid.startswith("WQ"):
            claims["taskqueue_sid"] = self.channel_sid
        return jwt.encode(claims, self._auth_token, algorithm="HS256")

    def _add(
        self,
        url: str,
        method: str,
        query_filter: Filter | None,
        post_filter: Filter | None,
        *,
        allow: bool,
    ) -> Self:
        if method not in ("GET", "POST", "DELETE"):
            raise ValueError(f"method must be GET, POST or DELETE, not '{method}'")
        self.policies.append(
            Policy(
                url=url,
                method=method,
                query_filter=query_filter or {},
                post_filter=post_filter or {},
                allow=allow,
            )
        )
        return self


class WorkerCapability(TaskRouterCapability):
    """A worker's capability token.

    From the start it may listen and send on the worker's channel, and fetch the worker, the
    activities, the tasks and the worker's reservations.
    """

    def __init__(
        self,
        account_sid: str,
        auth_token: str,
        workspace_sid: str,
        worker_sid: str,
        *,
        ttl: int = TTL_S,
        base_url: str = _API,
        bridge_url: str = _BRIDGE,
    ) -> None:
        """As for `TaskRouterCapability`, with a worker `WK…`."""
        super().__init__(
            account_sid,
            auth_token,
            workspace_sid,
            _sid("worker_sid", worker_sid, "WK"),
            ttl=ttl,
            base_url=base_url,
            bridge_url=bridge_url,
        )
        self.allow(f"{self._workspace_url}/Activities", "GET")
        self.allow(f"{self._workspace_url}/Tasks/**", "GET")
        self.allow(f"{self._url}/Reservations/**", "GET")

    def allow_activity_updates(self) -> Self:
        """Allow to change the worker's activity, and to send nothing else along.

        Also called `allow_update_activities`.
        """
        return self.allow(self._url, "POST", post_filter={"ActivitySid": {"required": True}})

    def allow_reservation_updates(self) -> Self:
        """Allow to answer the worker's reservations and to update tasks.

        Also called `allow_update_reservations`.
        """
        self.allow(f"{self._workspace_url}/Tasks/**", "POST")
        return self.allow(f"{self._url}/Reservations/**", "POST")

    allow_update_activities = allow_activity_updates
    allow_update_reservations = allow_reservation_updates


class TaskQueueCapability(TaskRouterCapability):
    """A task queue's capability token."""

    def __init__(
        self,
        account_sid: str,
        auth_token: str,
        workspace_sid: str,
        task_queue_sid: str,
        *,
        ttl: int = TTL_S,
        base_url: str = _API,
        bridge_url: str = _BRIDGE,
    ) -> None:
        """As for `TaskRouterCapability`, with a task queue `WQ…`."""
        super().__init__(
            account_sid,
            auth_token,
            workspace_sid,
            _sid("task_queue_sid", task_queue_sid, "WQ"),
            ttl=ttl,
            base_url=base_url,
            bridge_url=bridge_url,
        )


class WorkspaceCapability(TaskRouterCapability):
    """A workspace's capability token."""

    def __init__(
        self,
        account_sid: str,
        auth_token: str,
        workspace_sid: str,
        *,
        ttl: int = TTL_S,
        base_url: str = _API,
        bridge_url: str = _BRIDGE,
    ) -> None:
        """As for `TaskRouterCapability`, with the workspace itself."""
        super().__init__(
            account_sid,
            auth_token,
            workspace_sid,
            workspace_sid,
            ttl=ttl,
            base_url=base_url,
            bridge_url=bridge_url,
        )


class AccessToken:
    """An access token: what its bearer may do follows from a role, not from policies."""

    def __init__(
        self,
        account_sid: str,
        api_key_sid: str,
        api_key_secret: str,
        workspace_sid: str,
        worker_sid: str | None = None,
        role: Literal["worker", "supervisor", "admin"] = "worker",
        *,
        identity: str | None = None,
        ttl: int = TTL_S,
    ) -> None:
        """A token that is signed with an API key, and can be made more than once.

        Args:
            account_sid: `AC…`.
            api_key_sid: `SK…`.
            api_key_secret: That key's secret.
            workspace_sid: `WS…`.
            worker_sid: `WK…`, which the role `worker` needs.
            role: What the bearer is in the workspace.
            identity: The bearer's name; Taskyard does not look at it.
            ttl: For how many seconds it holds, at most 86,400.

        Raises:
            ValueError: One of these is not what it should be.
        """
        self.account_sid = _sid("account_sid", account_sid, "AC")
        self.api_key_sid = _sid("api_key_sid", api_key_sid, "SK")
        self.workspace_sid = _sid("workspace_sid", workspace_sid, "WS")
        self.worker_sid = None if worker_sid is None else _sid("worker_sid", worker_sid, "WK")
        if role not in ("worker", "supervisor", "admin"):
            raise ValueError(f"role must be worker, supervisor or admin, not '{role}'")
        if role == "worker" and worker_sid is None:
            raise ValueError("role worker needs a worker_sid")
        self.role = role
        self.identity = identity
        self.ttl = _ttl(ttl, ACCESS_TTL_S_MAX)
        self._secret = _secret("api_key_secret", api_key_secret)

    def to_jwt(self, ttl: int | None = None) -> str:
        """Make the token, from now on.

        Args:
            ttl: For how many seconds it holds, if not for the time that the constructor was given.

        Raises:
            ValueError: The time is not a whole number from 1 to 86,400.
        """
        now_s = int(time.time())
        grant = {"workspace_sid": self.workspace_sid, "role": self.role}
        if self.worker_sid is not None:
            grant["worker_sid"] = self.worker_sid
        grants: dict[str, object] = {"task_router": grant}
        if self.identity is not None:
            grants["identity"] = self.identity
        claims = {
            "jti": f"{self.api_key_sid}-{now_s}",
            "iss": self.api_key_sid,
            "sub": self.account_sid,
            "exp": now_s + (self.ttl if ttl is None else _ttl(ttl, ACCESS_TTL_S_MAX)),
            "nbf": now_s,
            "grants": grants,
        }
        headers = {"cty": "twilio-fpa;v=1"}
        return jwt.encode(claims, self._secret, algorithm="HS256", headers=headers)


def _sid(name: str, sid: str, *prefixes: str) -> str:
    if sid[:2] in prefixes and _DIGITS.fullmatch(sid, 2):
        return sid
    wanted = " or ".join(f"{_NAMES[one]} ({one} and 32 hex digits)" for one in prefixes)
    raise ValueError(f"{name} must be {wanted}, not '{sid}'")


def _secret(name: str, secret: str) -> str:
    if not secret:
        raise ValueError(f"{name} must not be empty")
    return secret


def _ttl(ttl: int, most: int | None = None) -> int:
    if isinstance(ttl, bool) or not isinstance(ttl, int) or ttl < 1:
        raise ValueError(f"ttl must be a whole number of seconds from 1, not {ttl!r}")
    if most is not None and ttl > most:
        raise ValueError(f"ttl must be at most {most} seconds, not {ttl}")
    return ttl
