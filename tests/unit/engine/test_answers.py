import asyncio
import random
from collections.abc import AsyncIterator

import pytest

from taskyard.core.commands import CreateActivity, CreateWorkspace
from taskyard.core.errors import Conflict, Invalid
from taskyard.engine import Answers, Closed, Directory, Given, KeyedRequest
from taskyard.engine.answers import Rendered
from taskyard.stores import ANSWER_KEPT_MS, KeptAnswer, StoreError

from .bench import ACCOUNT, EPOCH_MS, WS, Bench, ObedientStore, settle


class Answer(KeptAnswer, frozen=True, kw_only=True):
    account_sid: str = ""
    key: str = ""
    request: bytes = b""
    at_ms: int = 0
    status: int = 201
    version: int | None = None


def request(key: str = "k", digest: bytes = b"d") -> KeyedRequest:
    return KeyedRequest(account_sid=ACCOUNT, key=key, digest=digest)


class Desk:
    """An engine whose names are asked for with keys."""

    def __init__(self, bench: Bench) -> None:
        self.bench = bench
        self.answers = Answers(bench.store, bench.loop.clock)
        self.acted = 0

    def give(self, name: str, key: str = "k", digest: bytes | None = None) -> "asyncio.Task[Given]":
        keyed = request(key, name.encode() if digest is None else digest)

        async def act() -> Rendered:
            self.acted += 1
            return await self.bench.engine.ask(
                CreateActivity(friendly_name=name),
                lambda state, _: Answer(body=" ".join(state.names).encode(), version=3),
                keyed.keep,
            )

        return asyncio.create_task(self.answers.give(keyed, act))

    async def names(self) -> tuple[str, ...]:
        return await self.bench.read()


@pytest.fixture
async def desk() -> Desk:
    return Desk(await Bench().start())


def shown(given: Given) -> tuple[bytes, int, int | None]:
    return given.rendered.body, given.rendered.status, given.rendered.version


async def test_a_repeated_request_gets_the_first_answer_and_has_no_effect(desk: Desk) -> None:
    first = await desk.give("one")
    await desk.bench.ask("meanwhile")
    again = await desk.give("one")
    assert (first.again, again.again) == (False, True)
    assert shown(first) == shown(again) == (b"one", 201, 3)
    assert desk.acted == 1


async def test_an_answer_outlives_the_engine_that_gave_it(desk: Desk) -> None:
    first = await desk.give("one")
    later = Desk(await Bench(desk.bench.store).start())
    again = await later.give("one")
    assert again.again
    assert shown(again) == shown(first)
    assert later.acted == 0


async def test_keys_are_apart(desk: Desk) -> None:
    await desk.give("one", "a")
    await desk.give("two", "b")
    assert await desk.names() == ("one", "two")


async def test_another_request_with_the_same_key_is_refused(desk: Desk) -> None:
    desk.bench.store.hold()
    first = desk.give("one")
    await settle()
    for _ in ("in flight", "kept"):
        with pytest.raises(Invalid, match="the idempotency key 'k' belongs to another request"):
            await desk.give("other")
        desk.bench.store.let_go()
        await first
    assert await desk.names() == ("one",)


async def test_who_repeats_a_request_in_flight_waits_for_its_answer(desk: Desk) -> None:
    desk.bench.store.hold()
    callers = [desk.give("one") for _ in range(3)]
    await settle()
    assert not any(caller.done() for caller in callers)
    desk.bench.store.let_go()
    outcomes = await asyncio.gather(*callers)
    assert [one.again for one in outcomes] == [False, True, True]
    assert {shown(one) for one in outcomes} == {(b"one", 201, 3)}
    assert desk.acted == 1


@pytest.mark.parametrize("moment", ["before it is looked up", "during the append"])
async def test_a_first_caller_who_leaves_does_not_take_the_second_along(
    desk: Desk, moment: str
) -> None:
    desk.bench.store.hold()
    first = desk.give("one")
    await (settle() if moment == "during the append" else asyncio.sleep(0))
    second = desk.give("one")
    await asyncio.sleep(0)
    first.cancel()
    await settle()
    assert first.cancelled()
    desk.bench.store.let_go()
    assert shown(await second) == (b"one", 201, 3)
    assert desk.acted == 1
    assert await desk.names() == ("one",)


async def test_what_everybody_has_left_is_done_all_the_same_and_answered_later(desk: Desk) -> None:
    desk.bench.store.hold()
    first = desk.give("one")
    await settle()
    first.cancel()
    await settle()
    desk.bench.store.let_go()
    assert (await desk.give("one")).again
    assert desk.acted == 1


async def test_a_refusal_goes_to_all_who_wait_and_is_decided_anew_later(desk: Desk) -> None:
    await desk.bench.ask("lapses 20")
    callers = [desk.give("lapses 20") for _ in range(2)]
    outcomes = await asyncio.gather(*callers, return_exceptions=True)
    assert [type(one) for one in outcomes] == [Conflict, Conflict]
    assert desk.acted == 1
    await desk.bench.loop.pass_ms(20)
    assert not (await desk.give("lapses 20")).again


async def test_after_an_append_that_was_not_kept_the_request_is_done_again(desk: Desk) -> None:
    desk.bench.store.fails = True
    for one in await asyncio.gather(desk.give("one"), desk.give("one"), return_exceptions=True):
        assert isinstance(one, StoreError)
    desk.bench.store.fails = False
    await desk.bench.loop.pass_ms(1_000)
    assert not (await desk.give("one")).again
    assert await desk.names() == ("one",)


async def test_after_an_append_that_was_kept_all_the_same_its_answer_is_given(desk: Desk) -> None:
    desk.bench.store.tears = True
    with pytest.raises(StoreError):
        await desk.give("one")
    desk.bench.store.tears = False
    given = await desk.give("one")
    assert given.again
    assert shown(given) == (b"one", 201, 3)
    assert await desk.names() == ("one",)


async def test_while_answers_cannot_be_read_nothing_is_done(desk: Desk) -> None:
    await desk.bench.store.close()
    with pytest.raises(StoreError, match="closed"):
        await desk.give("one")
    assert desk.acted == 0


async def test_a_key_that_another_server_has_taken_meanwhile_fails_the_turn(desk: Desk) -> None:
    desk.bench.store.hold()
    ours = desk.give("one")
    await settle()
    theirs = request("k", b"one").keep(Answer(body=b"theirs"), EPOCH_MS)
    await desk.bench.store.keep_answers([theirs])
    desk.bench.store.let_go()
    with pytest.raises(StoreError, match="somebody else has answered"):
        await ours
    assert await desk.names() == ()
    assert shown(await desk.give("one"))[0] == b"theirs"


async def test_timers_of_a_turn_whose_key_was_taken_keep_nobody_waiting(desk: Desk) -> None:
    await desk.bench.ask("lapses 20")
    desk.bench.loop.now_ms += 20
    desk.bench.store.hold()
    ours = desk.give("one")
    await settle()
    await desk.bench.store.keep_answers([request("k", b"one").keep(Answer(body=b""), EPOCH_MS)])
    desk.bench.store.let_go()
    with pytest.raises(StoreError, match="somebody else has answered"):
        await ours
    assert await desk.bench.ask("two") == ("two",)


async def test_an_answer_is_given_again_for_24_hours_and_not_longer(desk: Desk) -> None:
    await desk.give("lapses 1000")
    await desk.bench.loop.pass_ms(ANSWER_KEPT_MS - 1)
    assert (await desk.give("lapses 1000")).again
    await desk.bench.loop.pass_ms(1)
    assert not (await desk.give("lapses 1000")).again
    assert desk.acted == 2


async def test_old_answers_are_dropped_little_by_little(desk: Desk) -> None:
    await desk.bench.store.keep_answers(
        [request(f"{n}").keep(Answer(body=b""), EPOCH_MS) for n in range(450)]
    )
    await desk.bench.store.keep_answers([request("new").keep(Answer(body=b""), EPOCH_MS + 1)])
    desk.bench.loop.now_ms += ANSWER_KEPT_MS
    await desk.answers.drop_old()
    assert [*desk.bench.store._answers] == [(ACCOUNT, "new")]


async def test_a_command_that_led_to_nothing_keeps_its_answer_too() -> None:
    bench = await Bench().start()
    bench.engine.machine.decide = lambda command, now_ms: type(  # type: ignore[union-attr,method-assign]
        "Nothing", (), {"sid": "WA1", "events": []}
    )()
    await Desk(bench).give("one")
    assert await bench.journal() == []
    again = await Desk(await Bench(bench.store).start()).give("one")
    assert again.again


async def test_answers_of_several_requests_are_kept_with_the_one_row_of_their_turn(
    desk: Desk,
) -> None:
    await asyncio.gather(desk.give("one", "a"), desk.give("two", "b"), desk.bench.ask("three"))
    assert desk.bench.store.appends == [[WS]]
    assert (await desk.give("one", "a")).again
    assert (await desk.give("two", "b")).again


# --- the directory ---


@pytest.fixture
async def directory() -> AsyncIterator[Directory]:
    store = ObedientStore()
    directory = Directory(store, lambda: EPOCH_MS, random.Random(7).randbytes)
    await directory.open(ACCOUNT, "token")
    yield directory
    await directory.close()


def found(directory: Directory, key: str = "k") -> "asyncio.Task[Given]":
    keyed = request(key)

    async def act() -> Rendered:
        command = CreateWorkspace(account_sid=ACCOUNT, friendly_name="town")
        return await directory.create_workspace(
            command, lambda state, made: Answer(body=made.sid.encode()), keyed.keep
        )

    return asyncio.create_task(directory.answers.give(keyed, act))


@pytest.mark.parametrize("fault", ["none", "fails", "tears"])
async def test_a_workspace_is_founded_once_however_often_it_is_asked_for(
    directory: Directory, fault: str
) -> None:
    store = directory._store
    assert isinstance(store, ObedientStore)
    store.fails, store.tears = fault == "fails", fault == "tears"
    outcomes = await asyncio.gather(found(directory), found(directory), return_exceptions=True)
    assert all(isinstance(one, StoreError) for one in outcomes) == (fault != "none")
    store.fails = store.tears = False
    given = await found(directory)
    assert given.again == (fault != "fails")
    assert [one.sid.encode() for one in directory.workspaces()] == [given.rendered.body]


async def test_a_directory_is_closed_when_nothing_is_in_flight(
    directory: Directory, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked_up = asyncio.Event()

    async def slow(*_: object) -> None:
        await looked_up.wait()

    monkeypatch.setattr(directory._store, "answer", slow)
    in_flight = found(directory)
    await settle()
    closing = asyncio.create_task(directory.close())
    await settle()
    assert not closing.done()
    looked_up.set()
    await closing
    with pytest.raises(Closed):
        await in_flight
