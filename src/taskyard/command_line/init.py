"""`taskyard init`: five questions, and a workspace that works."""

import asyncio
import sys
from typing import TYPE_CHECKING

import click

from .account import with_account
from .help import Command, examples
from .settings import fail, settings_of, settings_options

if TYPE_CHECKING:
    from .account import OpenAccount
    from .layout import LaidOut, Plan

_PATIENCE_S = 10.0
_NAME_CHARACTERS = 64
_ANSWER_S_MAX = 86_400


def init(
    url: str | None,
    name: str,
    teams: str,
    workers: str,
    alone: int,
    answer: int,
    **options: str | None,
) -> None:
    """Ask five questions, and lay out a workspace: teams, workers, task queues and a workflow.

    Whatever is given as an option is not asked; `--yes` takes the defaults of the rest. A server
    has to run; it is found by `--url` or by its settings. Nothing is left behind of a workspace
    that could not be made whole.
    """
    plan = _plan(name, teams, workers, alone, answer)

    config = settings_of(options).config
    address = (url or f"http://{config.host}:{config.port}").rstrip("/")
    if config.account_sid is not None and config.auth_token is not None:
        asyncio.run(_lay_out(plan, address, config.account_sid, config.auth_token))
        return

    async def work(opened: "OpenAccount") -> None:
        account = opened.credentials.account
        await _lay_out(plan, address, account.sid, account.auth_token)

    with_account(options, work)


async def _lay_out(plan: "Plan", address: str, account_sid: str, auth_token: str) -> None:
    import aiohttp

    from .layout import Refused, Server, lay_out

    timeout = aiohttp.ClientTimeout(total=_PATIENCE_S)
    headers = {"Authorization": aiohttp.encode_basic_auth(account_sid, auth_token)}
    try:
        async with aiohttp.ClientSession(timeout=timeout, headers=headers) as session:
            made = await lay_out(plan, Server(address, session))
    except Refused as error:
        fail(str(error))
    except (aiohttp.ClientError, TimeoutError) as error:
        why = " ".join(str(error).split()) or "no answer"
        fail(f"no server answers at {address} ({why}): start `taskyard serve`, or give --url")
    _say_what_to_do(address, plan, made)


def _plan(name: str, teams: str, workers: str, alone: int, answer: int) -> "Plan":
    from .layout import EVERYBODY, Plan, Team

    named = _names(teams, "--teams")
    if EVERYBODY in named:
        fail(f"--teams: {EVERYBODY} is the name of the task queue for all of them")
    members: dict[str, list[str]] = {one: [] for one in named}
    for entry in _names(workers, "--workers"):
        who, _, where = (part.strip() for part in entry.partition(":"))
        if not who or where not in members:
            fail(f"--workers: {entry!r} is not NAME:TEAM with one of the teams {', '.join(named)}")
        members[where].append(who)
    return Plan(
        name=name,
        teams=[Team(one, who) for one, who in members.items()],
        alone_s=alone,
        answer_s=answer,
    )


def _names(text: str, option: str) -> list[str]:
    names = [one.strip() for one in text.split(",") if one.strip()]
    if not names:
        fail(f"{option}: at least one name is needed, several with commas between them")
    for one in names:
        if len(one) > _NAME_CHARACTERS or '"' in one or "\\" in one:
            fail(
                f"{option}: {one!r} has more than {_NAME_CHARACTERS} characters, a quotation mark "
                "or a backslash"
            )
    if len(set(names)) < len(names):
        fail(f"{option}: a name is there twice")
    return names


def _say_what_to_do(address: str, plan: "Plan", made: "LaidOut") -> None:
    click.echo(f"\nWorkspace {plan.name}, {made.workspace}, is ready. Look at it:\n")
    click.echo(f"  {address}/console/\n")
    click.echo("and let a task come in, with the account's SID and auth token:\n")
    click.echo(
        f"  curl -u ACCOUNT_SID:AUTH_TOKEN {address}/v1/Workspaces/{made.workspace}/Tasks \\\n"
        f"    -d WorkflowSid={made.workflow} "
        f'--data-urlencode \'Attributes={{"team": "{plan.teams[0].name}"}}\''
    )


def _question(
    declaration: str, text: str, default: str | int, kind: type | click.IntRange, help_text: str
) -> click.Option:
    return click.Option(
        [declaration],
        prompt=text,
        default=default,
        show_default=True,
        type=kind,
        help=help_text,
    )


class _Asking(Command):
    """Asks nobody who is not there, or who has said `--yes`."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if "--yes" in args or not sys.stdin.isatty():
            for parameter in self.params:
                if isinstance(parameter, click.Option):
                    parameter.prompt = None
        return super().parse_args(ctx, args)


command = _Asking(
    "init",
    callback=init,
    params=[
        _question(
            "--name", "What is the workspace called?", "Contact centre", str, "Of the workspace."
        ),
        _question(
            "--teams",
            "Which teams take work?",
            "Sales, Support",
            str,
            "Names with commas between them; each has a task queue.",
        ),
        _question(
            "--workers",
            "Who works there, and in which team?",
            "Alice:Sales, Bob:Support",
            str,
            "NAME:TEAM with commas between them.",
        ),
        _question(
            "--alone",
            "After how many seconds may the others take a team's task?",
            60,
            click.IntRange(1, _ANSWER_S_MAX),
            "Seconds for which a task is its team's alone.",
        ),
        _question(
            "--answer",
            "How many seconds has a worker to answer an offer?",
            30,
            click.IntRange(1, _ANSWER_S_MAX),
            "Seconds for which an offer stands.",
        ),
        click.Option(["--yes"], is_flag=True, expose_value=False, help="Ask nothing."),
        click.Option(["--url"], help="The server's address; by its settings if not given."),
        *settings_options(),
    ],
    help=init.__doc__,
    epilog=examples(
        "taskyard init",
        "taskyard init --yes --name 'Help desk' --url http://127.0.0.1:8000",
    ),
)
