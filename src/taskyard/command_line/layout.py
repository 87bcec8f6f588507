"""A workspace that works from the first minute, laid out over REST."""

import json
from collections.abc import Sequence
from typing import Any

import aiohttp
import click
import msgspec

EVERYBODY = "Everybody"


class Team(msgspec.Struct, frozen=True):
    """A team, and who is in it."""

    name: str
    workers: Sequence[str]


class Plan(msgspec.Struct, frozen=True):
    """What is to be laid out.

    Attributes:
        name: Of the workspace.
        teams: Each gets a task queue; a task says by its attribute `team` which one it is for.
        alone_s: For so long a task is its team's alone; then anybody may take it.
        answer_s: For so long a worker may think about an offer.
    """

    name: str
    teams: Sequence[Team]
    alone_s: int
    answer_s: int


class LaidOut(msgspec.Struct, frozen=True):
    """What was made: names and SIDs."""

    workspace: str
    workflow: str
    queues: dict[str, str]
    workers: dict[str, str]


class Refused(Exception):
    """The server did not do what was asked; the message is one line."""


class Server:
    """A server, by its REST API."""

    def __init__(self, url: str, session: aiohttp.ClientSession) -> None:
        self._url = url
        self._session = session

    async def get(self, path: str, **query: str) -> dict[str, Any]:
        """What is at a path that follows `/v1`.

        Raises:
            Refused: The server has another answer than 200.
        """
        async with self._session.get(f"{self._url}/v1{path}", params=query) as response:
            return await _body(response)

    async def post(self, path: str, **form: str) -> dict[str, Any]:
        """What was made or changed at a path that follows `/v1`.

        Raises:
            Refused: The server has another answer than 200 or 201.
        """
        async with self._session.post(f"{self._url}/v1{path}", data=form) as response:
            return await _body(response)

    async def delete(self, path: str) -> None:
        """Delete what is at a path that follows `/v1`."""
        async with self._session.delete(f"{self._url}/v1{path}") as response:
            await response.read()


async def _body(response: aiohttp.ClientResponse) -> dict[str, Any]:
    text = await response.text()
    try:
        body = json.loads(text)
    except ValueError:
        body = {}
    if response.status not in (200, 201):
        said = body.get("message") if isinstance(body, dict) else None
        raise Refused(f"{response.url.origin()} answers {response.status}: {said or text[:200]}")
    if not isinstance(body, dict):
        raise Refused(f"{response.url.origin()} does not answer like a Taskyard server")
    return body


async def lay_out(plan: Plan, server: Server) -> LaidOut:
    """Make all of a plan, or nothing.

    Raises:
        Refused: There is a workspace of that name, or the server refuses something.
    """
    found = (await server.get("/Workspaces", FriendlyName=plan.name)).get("workspaces", [])
    if found:
        raise Refused(
            f"there is a workspace {plan.name!r} already, {found[0]['sid']}: take another name"
        )
    workspace = await server.post("/Workspaces", FriendlyName=plan.name)
    path = f"/Workspaces/{workspace['sid']}"
    try:
        return await _furnish(plan, server, workspace["sid"], path)
    except BaseException:
        await server.delete(path)
        raise


async def _furnish(plan: Plan, server: Server, sid: str, path: str) -> LaidOut:
    activities = (await server.get(f"{path}/Activities", Available="true"))["activities"]
    queues = {
        team.name: await _sid_of(
            server,
            f"{path}/TaskQueues",
            FriendlyName=team.name,
            TargetWorkers=f"teams HAS {json.dumps(team.name)}",
        )
        for team in plan.teams
    }
    queues[EVERYBODY] = await _sid_of(
        server, f"{path}/TaskQueues", FriendlyName=EVERYBODY, TargetWorkers="1==1"
    )
    workflow = await _sid_of(
        server,
        f"{path}/Workflows",
        FriendlyName="Front door",
        TaskReservationTimeout=str(plan.answer_s),
        Configuration=json.dumps(configuration(plan, queues)),
    )
    teams_of: dict[str, list[str]] = {}
    for team in plan.teams:
        for name in team.workers:
            teams_of.setdefault(name, []).append(team.name)
    workers = {
        name: await _sid_of(
            server,
            f"{path}/Workers",
            FriendlyName=name,
            Attributes=json.dumps({"teams": teams}),
            ActivitySid=activities[0]["sid"],
        )
        for name, teams in teams_of.items()
    }
    return LaidOut(workspace=sid, workflow=workflow, queues=queues, workers=workers)


def configuration(plan: Plan, queues: dict[str, str]) -> dict[str, object]:
    """The workflow's document: a task's own team first, then everybody."""
    return {
        "task_routing": {
            "filters": [
                {
                    "filter_friendly_name": team.name,
                    "expression": f"team == {json.dumps(team.name)}",
                    "targets": [
                        {"queue": queues[team.name], "timeout": plan.alone_s},
                        {"queue": queues[EVERYBODY]},
                    ],
                }
                for team in plan.teams
            ],
            "default_filter": {"queue": queues[EVERYBODY]},
        }
    }


async def _sid_of(server: Server, path: str, **form: str) -> str:
    made = await server.post(path, **form)
    click.echo(f"  {path.rpartition('/')[2]:<11} {form['FriendlyName']:<24} {made['sid']}")
    return str(made["sid"])
