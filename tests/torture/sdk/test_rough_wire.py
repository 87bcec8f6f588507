"""The Python SDK, both faces, over a network that drops, delays, cuts and stalls."""

import asyncio
import contextlib
import itertools
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from functools import partial
from typing import Any

import pytest

from contract.client.bakery import Bakery, served
from contract.client.faces import Face, done
from contract.client.wire import until
from taskyard import ConnectionFailed, TaskyardError
from taskyard.client.aio import back_off, stream
from torture.rounds import ROUNDS, SEED, dice

from .rough_wire import Fate, RoughWire

ORDERS = 2 * ROUNDS
NOTES = 5 * ROUNDS
PATIENCE_S = 1.0


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    with served() as url:
        yield url


@pytest.fixture
def bakery(server: str) -> Iterator[Bakery]:
    bakery = Bakery(server)  # it looks on from the server's side, over a line that is good
    yield bakery
    bakery.workspace.close()


@pytest.fixture(autouse=True)
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """A client that was unlucky often must not keep a test for half a minute."""
    monkeypatch.setattr(back_off, "LONGEST_S", 0.3)
    monkeypatch.setattr(stream, "SILENCE_S", 2 * PATIENCE_S)


@contextlib.asynccontextmanager
async def desk(name: str, wire: RoughWire) -> Any:
    face = Face(name, wire.url)
    try:
        yield face
    finally:
        await face.close()


def story_of(client: Any) -> list[str]:
    heard: list[str] = []
    for name in ("connected", "ready", "disconnected"):
        client.on(name, lambda *_, name=name: heard.append(name))
    client.on("error", lambda _: None)  # attempts that fail: the test is about what follows
    return heard


def judge_the_story(heard: list[str]) -> None:
    """Each connection is told of, and the end of each but the last."""
    follows = {
        "connected": {"ready", "disconnected"},
        "ready": {"disconnected"},
        "disconnected": {"connected"},
    }
    assert heard[0] == "connected"
    for one, following in itertools.pairwise(heard):
        assert following in follows[one], heard


class Outcomes(Counter[str]):
    """What became of changes: `done`, `not sent`, `in doubt`."""

    async def of(self, change: Callable[[], Awaitable[Any] | Any]) -> str:
        try:
            await done(change())
            said = "done"
        except ConnectionFailed as error:
            said = "in doubt" if error.sent else "not sent"
        self[said] += 1
        return said


async def patiently(ask: Callable[[], Awaitable[Any] | Any]) -> Any:
    """Ask until there is an answer: what only reads may be asked as often as one likes."""
    while True:
        with contextlib.suppress(TaskyardError):
            return await done(ask())


@pytest.mark.parametrize("name", ["sync", "aio"])
async def test_every_offer_is_announced_once_and_every_answer_is_done_once_or_reported_failed(
    name: str, bakery: Bakery, tally: Callable[..., None]
) -> None:
    outcomes = Outcomes()
    with RoughWire(bakery.url, f"{name} {SEED}").running() as wire:
        async with desk(name, wire) as face:
            ada = face.make("Worker", bakery.worker_token(), timeout_s=PATIENCE_S)
            heard, offers = story_of(ada), list[Any]()
            ada.on("reservation.created", offers.append)
            await done(ada.connect())
            rolls, orders = dice(f"rough wire {name}"), list[str]()
            for number in range(ORDERS):
                if number == 1 or rolls.random() < 0.4:
                    wire.cut()
                order = await asyncio.to_thread(bakery.order)
                orders.append(order.sid)
                await until(lambda: [one for one in offers if one.task_sid == orders[-1]])
                offer = offers[-1]
                for answer, wanted in ((offer.accept, "accepted"), (offer.complete, "completed")):
                    await answered(bakery, outcomes, offer, answer, wanted)
            wire.be_good()
            await done(ada.wait_until_ready(60))
            assert [one.task_sid for one in offers] == orders
            judge_the_story(heard)
            assert "disconnected" in heard
        tally(f"SDK ({name}): answers over a rough network", **outcomes)
        tally(f"SDK ({name}): connections", **wire.fates)
    for order in orders:
        told = await asyncio.to_thread(events_of, bakery, order)
        assert told["reservation.accepted"] == told["reservation.completed"] == 1, told


async def answered(
    bakery: Bakery, outcomes: Outcomes, offer: Any, answer: Callable[[], Any], wanted: str
) -> None:
    """Answer until it is done, and hold each report against what the server knows."""
    while True:
        said = await outcomes.of(answer)
        (there,) = await asyncio.to_thread(reservations_of, bakery, offer.task_sid)
        if said == "done":
            assert there == wanted
            return
        if said == "not sent":
            assert there != wanted
        # What is in doubt is looked at by the program, over the same bad line.
        elif (await patiently(offer.fetch)).reservation_status == wanted:
            return


def reservations_of(bakery: Bakery, task_sid: str) -> list[str]:
    task = bakery.workspace.tasks.fetch(task_sid)
    return [one.reservation_status for one in task.reservations]


def events_of(bakery: Bakery, task_sid: str) -> Counter[str]:
    return Counter(one.event_type for one in bakery.workspace.events.iterate(task_sid=task_sid))


@pytest.mark.parametrize("name", ["sync", "aio"])
async def test_what_is_created_is_there_once_if_it_was_answered_and_not_at_all_if_it_was_not_sent(
    name: str, bakery: Bakery, tally: Callable[..., None]
) -> None:
    outcomes, said = Outcomes(), dict[int, str]()
    first = (Fate.ANSWER_LOST,)
    with RoughWire(bakery.url, f"creates {name} {SEED}", first).running() as wire:
        async with desk(name, wire) as face:
            token = bakery.workspace_token()
            workspace = face.make("Workspace", token, timeout_s=PATIENCE_S)
            for number in range(NOTES):
                is_away = number % ROUNDS == 1
                if is_away:
                    # Nobody who has a connection of old: it cannot even begin to ask.
                    workspace = face.make("Workspace", token, timeout_s=PATIENCE_S)
                    wire.go_away()
                said[number] = await outcomes.of(
                    partial(workspace.tasks.create, attributes={"number": number})
                )
                if is_away:
                    wire.come_back()
            wire.be_good()
            there = Counter(one.attributes["number"] for one in await face.every(workspace.tasks))
        tally(f"SDK ({name}): creations over a rough network", **outcomes)
    for number, outcome in said.items():
        assert there[number] in {"done": (1,), "not sent": (0,), "in doubt": (0, 1)}[outcome], (
            number,
            outcome,
        )
    assert outcomes.keys() == {"done", "not sent", "in doubt"}, "one of them was not tried"


@pytest.mark.parametrize("name", ["sync", "aio"])
async def test_a_line_that_says_nothing_any_more_is_given_up_and_made_anew(
    name: str, bakery: Bakery, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("torture.sdk.rough_wire.STALLS_S", 60.0)  # the client has to notice
    with RoughWire(bakery.url, f"stalls {name} {SEED}").running() as wire:
        wire.always = Fate.STALLED
        async with desk(name, wire) as face:
            ada = face.make("Worker", bakery.worker_token(), timeout_s=PATIENCE_S)
            heard, offers = story_of(ada), list[Any]()
            ada.on("reservation.created", offers.append)
            await done(ada.connect())
            order = await asyncio.to_thread(bakery.order)
            await until(lambda: wire.fates[Fate.STALLED] >= 3)
            wire.be_good()
            await until(lambda: [one for one in offers if one.task_sid == order.sid])
            judge_the_story(heard)
            await asyncio.to_thread(order.update, assignment_status="canceled")
