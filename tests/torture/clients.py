"""Those who use the server until it dies under them, and write down what it told them."""

import asyncio
import contextlib
import json
import random
from collections.abc import Coroutine
from typing import Any

import aiohttp

from contract.api.caller import SID, TOKEN, Caller, Centre, Reply
from taskyard.client.tokens import WorkerCapability

from .ledger import Ledger

CUSTOMERS, AGENTS = 6, 6
# What a client may hear because another one was quicker; a fault of the server is not among it.
OVERTAKEN = {400, 404, 410, 412}


async def open_workspace(caller: Caller) -> Ledger:
    centre = await Centre(caller).open()
    ledger = Ledger(centre.path.rpartition("/")[2])
    # Offers lapse while the agents are busy elsewhere, so that timers are at work too.
    await caller.change(
        f"{ledger.path}/Workflows/{centre.workflow['sid']}", TaskReservationTimeout="1"
    )
    for number in range(AGENTS):
        worker = await centre.worker(f"agent {number}")
        ledger.workers.append(worker["sid"])
        await caller.change(f"{ledger.path}/Workers/{worker['sid']}/Channels/default", Capacity="3")
    return ledger


async def work_until_it_dies(caller: Caller, ledger: Ledger, dice: random.Random) -> None:
    """Ends when the server does. Whatever else goes wrong is raised."""
    people = [customer(caller, ledger, dice) for _ in range(CUSTOMERS)]
    people += [agent(caller, ledger, dice, sid) for sid in ledger.workers]
    people.append(inspector(caller, ledger, dice))
    async with asyncio.TaskGroup() as together:
        for person in people:
            together.create_task(until_it_dies(person))


async def until_it_dies(person: Coroutine[Any, Any, None]) -> None:
    with contextlib.suppress(aiohttp.ClientError, ConnectionError):
        await person


async def customer(caller: Caller, ledger: Ledger, dice: random.Random) -> None:
    while True:
        key = ledger.unanswered.pop() if ledger.unanswered else ledger.new_key()
        task = await create(caller, ledger, dice, key)
        address = f"{ledger.path}/Tasks/{task['sid']}"
        for number in range(1, dice.randrange(4)):
            ledger.counts_sent[task["sid"]] = number
            reply = await caller.post(address, {"Attributes": attributes(key, number)})
            if heard_task(ledger, reply):
                ledger.counts_kept[task["sid"]] = number
        fate = dice.random()
        if fate < 0.1:
            heard_task(ledger, await caller.post(address, {"AssignmentStatus": "canceled"}))
        elif fate < 0.2:
            ledger.deletions_sent.add(task["sid"])
            if (await caller.delete(address)).status == 204:
                ledger.deleted.add(task["sid"])


async def create(caller: Caller, ledger: Ledger, dice: random.Random, key: str) -> dict[str, Any]:
    """Ask with an idempotency key, sometimes twice at once or once more: it is one task."""
    form = {"Attributes": attributes(key, 0)}

    async def ask() -> Reply:
        return await caller.post(f"{ledger.path}/Tasks", form, Idempotency_Key=key)

    try:
        replies = await asyncio.gather(*(ask() for _ in range(dice.choice([1, 1, 1, 2]))))
    except (aiohttp.ClientError, ConnectionError):
        ledger.unanswered.append(key)
        raise
    task = replies[0].expect(201)
    ledger.created(key, task["sid"])
    ledger.saw_task(task, 0)
    if dice.random() < 0.2:
        replies.append(await ask())
    for reply in replies:
        assert reply.expect(201) == task
    ledger.repeated += sum("Idempotent-Replay" in reply.headers for reply in replies)
    return task


async def agent(caller: Caller, ledger: Ledger, dice: random.Random, sid: str) -> None:
    offers = f"{ledger.path}/Workers/{sid}/Reservations"
    while True:
        live = [
            one
            for status in ("pending", "accepted", "wrapping")
            for one in await caller.every(f"{offers}?ReservationStatus={status}", "reservations")
        ]
        for one in live:
            ledger.saw_offer(one, None)
        for one in live:
            wanted = dice.choice(NEXT[one["reservation_status"]])
            form = {"ReservationStatus": wanted}
            if dice.random() < 0.5:
                reply = await caller.post(f"{offers}/{one['sid']}", form)
            else:
                reply = await post_by_browser(caller, ledger, sid, f"{offers}/{one['sid']}", form)
            if heard_offer(ledger, reply):
                assert reply.json["reservation_status"] == wanted
            elif reply.status == 400:  # rejected by time: back to work
                await available(caller, ledger, sid)
        if not live:
            await available(caller, ledger, sid)


async def post_by_browser(
    caller: Caller, ledger: Ledger, sid: str, path: str, form: dict[str, str]
) -> Reply:
    """Post in an envelope over the event bridge, and hear what REST would have answered."""
    workspace_sid = ledger.path.rpartition("/")[2]
    token = WorkerCapability(SID, TOKEN, workspace_sid, sid).allow_updates_subresources().to_jwt()
    envelope = {"url": f"/v1{path}", "method": "POST", "params": form, "token": token}
    address = f"{caller.url}/v1/wschannels/{SID}/{sid}"
    async with caller.session.post(address, data=json.dumps(envelope)) as response:
        text = await response.text()
        if response.status == 200:
            text = json.dumps(json.loads(text)["payload"])
        return Reply(response.status, response.headers, text)


NEXT = {
    "pending": ("accepted", "accepted", "accepted", "rejected"),
    "accepted": ("completed", "wrapping"),
    "wrapping": ("completed",),
}


async def available(caller: Caller, ledger: Ledger, sid: str) -> None:
    """Who let an offer lapse is offline until they say that they are back."""
    listed = await caller.every(f"{ledger.path}/Activities?Available=true", "activities")
    await caller.post(f"{ledger.path}/Workers/{sid}", {"ActivitySid": listed[0]["sid"]})


async def inspector(caller: Caller, ledger: Ledger, dice: random.Random) -> None:
    """Only looks: what it saw has to be true afterwards as well."""
    while True:
        # Asked even if there is nothing else yet to look at, or the death would go unnoticed.
        (await caller.get(ledger.path)).expect(200)
        for sid in dice.sample(sorted(ledger.task_seen), min(5, len(ledger.task_seen))):
            heard_task(ledger, await caller.get(f"{ledger.path}/Tasks/{sid}"))
        for sid in dice.sample(sorted(ledger.offer_seen), min(5, len(ledger.offer_seen))):
            task = ledger.task_of[sid]
            address = f"{ledger.path}/Tasks/{task}/Reservations/{sid}"
            heard_offer(ledger, await caller.get(address))
        await asyncio.sleep(0.005)


def attributes(key: str, number: int) -> str:
    return json.dumps({"key": key, "count": number})


def heard_task(ledger: Ledger, reply: Reply) -> bool:
    body = body_of(reply)
    if body is not None:
        ledger.saw_task(body, version_of(reply))
    return body is not None


def heard_offer(ledger: Ledger, reply: Reply) -> bool:
    body = body_of(reply)
    if body is not None:
        ledger.saw_offer(body, version_of(reply))
    return body is not None


def body_of(reply: Reply) -> dict[str, Any] | None:
    if reply.status == 200:
        return reply.json
    assert reply.status in OVERTAKEN, reply.text
    return None


def version_of(reply: Reply) -> int:
    return int(reply.headers["ETag"].strip('W/"'))
