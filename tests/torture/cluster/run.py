"""Nodes, a database, load, faults and followers put together: out of it comes a history."""

import asyncio
import random
from collections.abc import Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from itertools import cycle
from pathlib import Path

from contract.api.caller import SID, TOKEN, session_of
from postgres import RealPostgres

from .faults import Faults
from .history import History
from .load import Crowd
from .nodes import Node
from .streams import Follower
from .views import views_of

OFFERS_LAPSE_AFTER_S = 2


async def tortured(
    folder: Path,
    database: str,
    *,
    server: RealPostgres | None,
    nodes: int,
    workspaces: int,
    rounds: int,
    lease_s: float,
    settings: Mapping[str, str],
    dice: random.Random,
) -> History:
    """Let each kind of fault happen so many times under load, and see what is left.

    Args:
        folder: Where the nodes' logs go.
        database: What the nodes share.
        server: Where it is, to be stopped and killed too.
        nodes: How many there are.
        workspaces: How many are in use at once.
        rounds: How often each kind of fault happens.
        lease_s: How long a node that is not heard of counts as alive.
        settings: Of the nodes, besides those that all tests have.
        dice: Decide on all that is left to chance here.
    """
    history = History()
    there = [
        Node(f"node {n}", database, folder / f"node-{n}.log", settings) for n in range(1, nodes + 1)
    ]
    async with AsyncExitStack() as stack:
        session = await stack.enter_async_context(session_of(SID, TOKEN))
        for node in there:
            stack.push_async_callback(node.end)
            await node.start()
        crowds = [Crowd(f"centre {n}", session, there, history, dice) for n in range(workspaces)]
        followers: list[Follower] = []
        async with asyncio.TaskGroup() as people:
            following = []
            for n, crowd in enumerate(crowds):
                await crowd.open(OFFERS_LAPSE_AFTER_S)
                follower = Follower(session, crowd.workspace, urls_of(there, n % nodes))
                followers.append(follower)
                following.append(people.create_task(follower.follow()))
            working = [people.create_task(crowd.work()) for crowd in crowds]
            faults = Faults(there, server, crowds, history, dice, lease_s)
            try:
                await faults.all_of_it(rounds)
            finally:
                # A request that runs out of time swallows its cancellation: whoever works must end
                # by themselves, or a failure would hang instead of being told.
                for crowd in crowds:
                    crowd.close()
            await asyncio.wait(working)
            for crowd in crowds:
                await crowd.go_home()
            for crowd, follower in zip(crowds, followers, strict=True):
                views = await views_of(session, there, crowd.workspace)
                history.views[crowd.workspace] = views
                last = max(view.sequence[-1].place for view in views.values())
                await reached(follower, last)
                history.followed[crowd.workspace] = list(follower.heard)
            for task in following:
                task.cancel()
    told = [(one.turns, one.place, len(one.heard)) for one in followers]
    assert any(one.turns for one in followers), f"no stream ever broke off: {told}"
    return history


def urls_of(nodes: Sequence[Node], first: int) -> Callable[[], str | None]:
    """Where to listen next. With another first node for each, whoever dies breaks a stream off."""
    turn = cycle([*nodes[first:], *nodes[:first]])
    return lambda: next(turn).url


async def reached(follower: Follower, place: int) -> None:
    """Wait until it is there; if it never is, the judge will say so."""
    for _ in range(400):
        if follower.place >= place:
            break
        await asyncio.sleep(0.05)
