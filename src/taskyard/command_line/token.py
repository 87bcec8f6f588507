"""`taskyard token`: tokens for browsers, signed with the account's own secrets."""

import warnings
from collections.abc import Callable
from typing import TYPE_CHECKING, Literal

import click

from .account import OpenAccount, with_account
from .help import CONTEXT, Command, Option, examples
from .settings import fail, settings_of, settings_options

if TYPE_CHECKING:
    from taskyard.client.tokens import TaskRouterCapability, WorkerCapability

Options = dict[str, str | None]
Role = Literal["worker", "supervisor", "admin"]

_ALLOWED = {
    "fetch-subresources": "allow_fetch_subresources",
    "updates": "allow_updates",
    "updates-subresources": "allow_updates_subresources",
    "delete": "allow_delete",
    "delete-subresources": "allow_delete_subresources",
}
_ALLOWED_TO_WORKERS = {
    **_ALLOWED,
    "activity-updates": "allow_activity_updates",
    "reservation-updates": "allow_reservation_updates",
}
_TOKEN = "The token"
_ACCESS_TOKEN = "An access token, for the second SDK"

token = click.Group(
    "token",
    context_settings=CONTEXT,
    help="Make tokens that browsers connect with.\n\n"
    "Capability tokens are signed with the account's auth token, access tokens with one of its API "
    "keys. All commands take the settings of `taskyard serve`, to find both. The token is printed "
    "on standard output; whoever has it may do what it says until it expires.",
)


def worker(
    sid: str,
    workspace: str,
    ttl: int,
    allow: tuple[str, ...],
    url: str | None,
    access: bool,
    api_key: str | None,
    role: Role | None,
    **options: str | None,
) -> None:
    """Make a worker's token.

    A capability token may listen and send on the worker's channel and fetch the worker, the
    activities, the tasks and the worker's reservations, and do what --allow adds.
    """
    if access:
        _refuse_policies(allow, url)
        _print_access(options, workspace, sid, role or "worker", ttl, api_key)
        return
    _refuse_access(api_key, role)
    from taskyard.client.tokens import WorkerCapability

    def make(account_sid: str, auth_token: str) -> "WorkerCapability":
        urls = _urls(url)
        return WorkerCapability(account_sid, auth_token, workspace, sid, ttl=ttl, **urls)

    _print_capability(options, make, allow)


def task_queue(
    sid: str,
    workspace: str,
    ttl: int,
    allow: tuple[str, ...],
    url: str | None,
    **options: str | None,
) -> None:
    """Make a task queue's token.

    It may listen and send on the task queue's channel, fetch the task queue, and do what --allow
    adds.
    """
    from taskyard.client.tokens import TaskQueueCapability

    def make(account_sid: str, auth_token: str) -> "TaskRouterCapability":
        urls = _urls(url)
        return TaskQueueCapability(account_sid, auth_token, workspace, sid, ttl=ttl, **urls)

    _print_capability(options, make, allow)


def workspace(
    sid: str,
    ttl: int,
    allow: tuple[str, ...],
    url: str | None,
    access: bool,
    api_key: str | None,
    role: Role | None,
    **options: str | None,
) -> None:
    """Make a workspace's token.

    A capability token may listen and send on the workspace's channel, fetch the workspace, and do
    what --allow adds. An access token has no worker.
    """
    if access:
        _refuse_policies(allow, url)
        _print_access(options, sid, None, role or "admin", ttl, api_key)
        return
    _refuse_access(api_key, role)
    from taskyard.client.tokens import WorkspaceCapability

    def make(account_sid: str, auth_token: str) -> "TaskRouterCapability":
        return WorkspaceCapability(account_sid, auth_token, sid, ttl=ttl, **_urls(url))

    _print_capability(options, make, allow)


def _print_capability(
    options: Options,
    make: Callable[[str, str], "TaskRouterCapability"],
    allow: tuple[str, ...],
) -> None:
    def signed_by(account_sid: str, auth_token: str) -> str:
        made = make(account_sid, auth_token)
        for one in allow:
            getattr(made, _ALLOWED_TO_WORKERS[one])()
        return made.to_jwt()

    config = settings_of(options).config
    if config.account_sid is not None and config.auth_token is not None:
        # The settings say it all: there may be no database yet.
        _print(lambda: signed_by(config.account_sid or "", config.auth_token or ""))
        return

    async def work(opened: OpenAccount) -> None:
        account = opened.credentials.account
        _print(lambda: signed_by(account.sid, account.auth_token))

    with_account(options, work)


def _print_access(
    options: Options,
    workspace_sid: str,
    worker_sid: str | None,
    role: Role,
    ttl: int,
    api_key: str | None,
) -> None:
    from taskyard.client.tokens import AccessToken

    def signed_by(account_sid: str, key_sid: str, secret: str) -> str:
        return AccessToken(
            account_sid, key_sid, secret, workspace_sid, worker_sid, role, ttl=ttl
        ).to_jwt()

    config = settings_of(options).config
    if config.account_sid and config.api_key_sid and api_key in (None, config.api_key_sid):
        account_sid, key_sid = config.account_sid, config.api_key_sid
        _print(lambda: signed_by(account_sid, key_sid, config.api_key_secret or ""))
        return

    async def work(opened: OpenAccount) -> None:
        credentials = opened.credentials
        if config.api_key_sid and config.api_key_secret:
            credentials.add_api_key(config.api_key_sid, config.api_key_secret)
        kept = [key.sid for key in credentials.api_keys()]
        key_sid = api_key or config.api_key_sid or next(iter(kept), None)
        if key_sid is None:
            fail(
                f"account {credentials.account.sid} has no API key to sign with: "
                "`taskyard account keys create` makes one"
            )
        secrets = credentials.secrets_of(key_sid) if key_sid.startswith("SK") else ()
        if not secrets:
            fail(f"account {credentials.account.sid} has no API key {key_sid}")
        _print(lambda: signed_by(credentials.account.sid, key_sid, secrets[0]))

    with_account(options, work)


def _print(make: Callable[[], str]) -> None:
    with warnings.catch_warnings():
        # Of a short secret: the token is good, and its owner cannot do anything about it here.
        warnings.simplefilter("ignore")
        try:
            made = make()
        except ValueError as error:
            fail(str(error))
    click.echo(made)


def _urls(url: str | None) -> dict[str, str]:
    return {} if url is None else {"base_url": url, "bridge_url": url}


def _refuse_policies(allow: tuple[str, ...], url: str | None) -> None:
    if allow or url is not None:
        fail("--allow and --url are for capability tokens: an access token has a --role")


def _refuse_access(api_key: str | None, role: Role | None) -> None:
    if api_key is not None or role is not None:
        fail("--api-key and --role are for access tokens: give --access too")


def _own_options(allowed: dict[str, str], *, of_workspace: bool = False) -> list[click.Parameter]:
    in_workspace = Option(
        ["--workspace"],
        group=_TOKEN,
        metavar="SID",
        required=True,
        help="The workspace that it is in.",
    )
    return [
        *([] if of_workspace else [in_workspace]),
        Option(
            ["--ttl"],
            group=_TOKEN,
            type=click.IntRange(min=1),
            metavar="SECONDS",
            default=3600,
            help="For how long it holds.  [default: 3600]",
        ),
        Option(
            ["--allow"],
            group=_TOKEN,
            type=click.Choice([*allowed]),
            metavar="WHAT",
            multiple=True,
            help=f"What it may do besides; may be given again: {', '.join(allowed)}",
        ),
        Option(
            ["--url"],
            group=_TOKEN,
            metavar="URL",
            help="What addresses of policies begin with. The server compares paths alone.",
        ),
    ]


def _access_options(default_role: str) -> list[click.Parameter]:
    return [
        Option(
            ["--access"],
            group=_ACCESS_TOKEN,
            is_flag=True,
            help="Make an access token, not a capability token.",
        ),
        Option(
            ["--api-key"],
            group=_ACCESS_TOKEN,
            metavar="SID",
            help="The API key that signs it.  [default: that of the settings, or else the oldest]",
        ),
        Option(
            ["--role"],
            group=_ACCESS_TOKEN,
            type=click.Choice(["worker", "supervisor", "admin"]),
            help=f"What its bearer is.  [default: {default_role}]",
        ),
    ]


def _add(name: str, callback: Callable[..., None], own: list[click.Parameter], *lines: str) -> None:
    token.add_command(
        Command(
            name,
            callback=callback,
            params=[*own, *settings_options(), click.Argument(["sid"], metavar="SID")],
            help=callback.__doc__,
            epilog=examples(*lines),
        )
    )


_add(
    "worker",
    worker,
    [*_own_options(_ALLOWED_TO_WORKERS), *_access_options("worker")],
    "taskyard token worker WK... --workspace WS... --allow activity-updates",
    "taskyard token worker WK... --workspace WS... --access --role supervisor",
)
_add(
    "task-queue",
    task_queue,
    _own_options(_ALLOWED),
    "taskyard token task-queue WQ... --workspace WS... --allow fetch-subresources",
)
_add(
    "workspace",
    workspace,
    [*_own_options(_ALLOWED, of_workspace=True), *_access_options("admin")],
    "taskyard token workspace WS... --ttl 600 --allow fetch-subresources",
    "taskyard token workspace WS... --access --api-key SK...",
)
