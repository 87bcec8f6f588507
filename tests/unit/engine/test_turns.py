import asyncio
import itertools
import logging
from collections.abc import AsyncIterator
from itertools import count
from typing import Any

import pytest

from taskyard.core.commands import CreateActivity
from taskyard.core.errors import Conflict, NotFound
from taskyard.core.steps import Steps
from taskyard.engine import Closed, Overloaded, Unavailable, loading
from taskyard.stores import Append, JournalRow, StoreError

from .bench import WS, Bench, NamesMachine, ObedientStore, settle


async def test_an_answer_is_rendered_right_after_its_command() -> None:
    bench = await Bench().start()
    one, two = bench.ask("one"), bench.ask("two")
    assert await one == ("one",), "although two was decided in the same turn"
    assert await two == ("one", "two")
    assert await bench.journal() == [["one", "two"]]
    assert bench.store.appends == [[WS]]


async def test_an_answer_waits_for_the_append() -> None:
    bench = await Bench().start()
    bench.store.hold()
    one = bench.ask("one")
    await settle()
    assert not one.done()
    assert bench.engine.position == 1
    bench.store.let_go()
    assert await one == ("one",)
    assert bench.engine.position == 2


async def test_a_refusal_waits_for_the_event_of_its_neighbour() -> None:
    bench = await Bench().start()
    bench.store.hold()
    one, again = bench.ask("one"), bench.ask("one")
    await settle()
    assert not again.done()
    bench.store.let_go()
    assert await one == ("one",)
    with pytest.raises(Conflict, match="one is there already"):
        await again


async def test_a_refusal_that_rests_on_a_turn_under_way_waits_for_it() -> None:
    bench = await Bench().start()
    bench.store.hold()
    one = bench.ask("one")
    await settle()
    again = bench.ask("one")
    await settle()
    assert not again.done()
    bench.store.let_go()
    await one
    with pytest.raises(Conflict):
        await again


async def test_a_turn_of_refusals_appends_nothing() -> None:
    bench = await Bench().start()
    await bench.ask("one")
    bench.store.hold()
    for _ in range(3):
        with pytest.raises(Conflict):
            await bench.ask("one")
    assert bench.store.appends == [[WS]]


async def test_what_is_asked_during_an_append_shares_the_next() -> None:
    bench = await Bench().start()
    bench.store.hold()
    first = bench.ask("first")
    await settle()
    rest = [bench.ask(f"rest {n}") for n in range(20)]
    await settle()
    bench.store.let_go()
    await asyncio.gather(first, *rest)
    assert await bench.journal() == [["first"], [f"rest {n}" for n in range(20)]]


async def test_a_turn_holds_only_so_many_commands() -> None:
    bench = await Bench(commands_per_turn=3).start()
    await asyncio.gather(*(bench.ask(f"{n}") for n in range(7)))
    assert [len(row) for row in await bench.journal()] == [3, 3, 1]


async def test_more_may_not_wait_than_the_bound() -> None:
    bench = await Bench(waiting_max=2).start()
    bench.store.hold()
    under_way = bench.ask("under way")
    await settle()
    waiting = [bench.ask("w1"), bench.ask("w2")]
    await settle()
    with pytest.raises(Overloaded, match=f"workspace {WS}: 2 commands wait already"):
        await bench.ask("one too many")
    bench.store.let_go()
    await asyncio.gather(under_way, *waiting)
    assert await bench.journal() == [["under way"], ["w1", "w2"]]


async def test_a_caller_who_leaves_before_the_turn_is_not_decided() -> None:
    bench = await Bench().start()
    bench.store.hold()
    first = bench.ask("first")
    await settle()
    leaver, stayer = bench.ask("leaver"), bench.ask("stayer")
    await settle()
    leaver.cancel()
    bench.store.let_go()
    assert await stayer == ("first", "stayer")
    await first


async def test_a_caller_who_leaves_during_the_append_harms_nobody() -> None:
    bench = await Bench().start()
    bench.store.hold()
    leaver, stayer = bench.ask("leaver"), bench.ask("stayer")
    await settle()
    leaver.cancel()
    await settle()
    bench.store.let_go()
    assert await stayer == ("leaver", "stayer")


async def test_a_renderer_that_fails_undoes_no_decision() -> None:
    bench = await Bench().start()

    def broken(state: object, decided: object) -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await bench.engine.ask(CreateActivity(friendly_name="one"), broken)
    assert await bench.read() == ("one",)
    assert await bench.journal() == [["one"]]


async def test_the_instant_never_runs_backwards() -> None:
    bench = await Bench().start()
    start_ms = bench.loop.now_ms
    for jump_ms in (5_000, -60_000, 70_000):
        bench.loop.now_ms += jump_ms
        await bench.ask(f"{jump_ms}")
    assert [turn.at_ms - start_ms for turn in bench.heard] == [5_000, 5_000, 15_000]


# --- reading ---


async def test_a_read_of_what_is_durable_waits_for_nothing() -> None:
    bench = await Bench().start()
    await bench.ask("one")
    reading = bench.engine.read(lambda state, now_ms: (*state.names,))
    with pytest.raises(StopIteration) as stop:
        reading.send(None)  # it never waited
    assert stop.value.value == ("one",)


async def test_a_read_waits_until_what_it_shows_is_durable() -> None:
    bench = await Bench().start()
    bench.store.hold()
    one = bench.ask("one")
    await settle()
    reading = bench.read()
    await settle()
    late = bench.ask("late")
    assert not reading.done()
    bench.store.let_go()
    assert await reading == ("one",), "rendered when it was asked"
    await asyncio.gather(one, late)


async def test_a_read_of_what_could_not_be_kept_shows_what_was() -> None:
    bench = await Bench().start()
    bench.store.hold()
    bench.store.fails = True
    one = bench.ask("one")
    await settle()
    reading = bench.read()
    await settle()
    bench.store.let_go()
    with pytest.raises(StoreError, match="the disk is full"):
        await one
    assert await reading == ()


async def test_a_reader_who_leaves_during_the_append_harms_nobody() -> None:
    bench = await Bench().start()
    bench.store.hold()
    one = bench.ask("one")
    await settle()
    leaver, stayer = bench.read(), bench.read()
    await settle()
    leaver.cancel()
    await settle()
    bench.store.let_go()
    assert await stayer == ("one",)
    assert await one == ("one",)


async def test_a_read_in_steps_lets_others_be_answered_in_between() -> None:
    bench = await Bench().start()
    looks = itertools.count()
    bench.counters.seconds = lambda: next(looks) * 0.003  # more than a read may hold the loop

    def slow(state: Any, now_ms: int) -> Steps[tuple[str, ...]]:
        for _ in range(30):
            yield
        return (*state.names,)

    reading = asyncio.create_task(bench.engine.read_in_steps(slow))
    await asyncio.sleep(0)
    assert await bench.ask("one") == ("one",)
    assert not reading.done()
    assert await reading == ("one",), "it saw what happened meanwhile"


async def test_a_read_in_steps_that_saw_what_could_not_be_kept_begins_again() -> None:
    bench = await Bench().start()
    looks = itertools.count()
    bench.counters.seconds = lambda: next(looks) * 0.003
    seen: list[tuple[str, ...]] = []

    def names(state: Any, now_ms: int) -> Steps[tuple[str, ...]]:
        bench.store.hold()
        bench.store.fails = not seen
        one = bench.ask("one") if not seen else None
        while one is not None and not state.names:
            yield
        seen.append((*state.names,))
        if one is not None:
            one.add_done_callback(lambda done: done.exception())
        bench.store.let_go()
        return seen[-1]

    assert await bench.engine.read_in_steps(names) == ()
    assert seen == [("one",), ()]


async def test_what_is_not_durable_yet_can_be_seen_at_once() -> None:
    bench = Bench()
    assert not bench.engine.sees(lambda state: True), "nothing is loaded yet"
    await bench.start()
    bench.store.hold()
    one = bench.ask("one")
    await settle()
    assert bench.engine.sees(lambda state: "one" in state.names)
    assert not bench.engine.sees(lambda state: "two" in state.names)
    bench.store.let_go()
    await one


async def test_reads_go_on_while_what_is_due_cannot_be_kept() -> None:
    bench = await Bench().start()
    await bench.ask("lapses 20")
    bench.store.fails = True
    await bench.loop.pass_ms(20)
    assert await bench.read() == ("lapses 20",), "what was kept last"
    with pytest.raises(StoreError, match="the disk is full"):
        await bench.ask("another")
    probes = bench.store.probes
    assert await bench.read() == ("lapses 20",)
    await bench.loop.pass_ms(1_000)
    assert bench.store.probes == probes + 1, "tried again now and then"
    assert await bench.read() == ("lapses 20",)
    bench.store.fails = False
    await bench.loop.pass_ms(1_000)
    assert await bench.read() == ()
    assert await bench.ask("another") == ("another",)


async def test_a_read_shows_the_time_outs_that_are_due() -> None:
    bench = await Bench().start()
    await bench.ask("lapses 20")
    bench.loop.now_ms += 19
    assert await bench.read() == ("lapses 20",)
    bench.loop.now_ms += 1
    bench.store.hold()
    reading = bench.read()
    await settle()
    assert not reading.done(), "the time-out is not durable yet"
    bench.store.let_go()
    assert await reading == ()
    assert await bench.journal() == [["lapses 20"], ["no lapses 20"]]


# --- time ---


async def test_what_is_due_takes_more_turns_where_it_takes_long() -> None:
    lapsed = ["no lapses 20", "no lapses 20 too", "no lapses 20 as well"]
    for ms_a_look, turns in ((0, [lapsed[:2], lapsed[2:]]), (3, [[one] for one in lapsed])):
        bench = await Bench().start()
        looks = count(step=ms_a_look / 1000)
        bench.counters.seconds = looks.__next__
        await asyncio.gather(*(bench.ask(one.removeprefix("no ")) for one in lapsed))
        bench.heard.clear()
        await bench.loop.pass_ms(20)
        assert bench.told == turns


async def test_a_timer_fires_at_its_deadline_and_not_a_millisecond_before() -> None:
    bench = await Bench().start()
    await bench.ask("lapses 20")
    await settle()
    assert bench.loop.timers == [0.02]
    await bench.loop.pass_ms(19)
    assert bench.told == [["lapses 20"]]
    await bench.loop.pass_ms(1)
    assert bench.told == [["lapses 20"], ["no lapses 20"]]
    assert bench.loop.timers == []


async def test_the_timer_follows_the_earliest_deadline() -> None:
    bench = await Bench().start()
    await bench.ask("lapses 20000")
    await bench.ask("lapses 10000")
    await settle()
    assert bench.loop.timers == [10.0]
    await bench.ask("lapses 15000")
    await settle()
    assert bench.loop.timers == [10.0]
    await bench.loop.pass_ms(10_000)
    assert bench.loop.timers == [5.0]


async def test_a_far_deadline_is_looked_at_now_and_then_as_clocks_may_jump() -> None:
    bench = await Bench().start()
    await bench.ask("lapses 3600000")
    await settle()
    assert bench.loop.timers == [30.0]
    await bench.loop.pass_ms(30_000)
    assert bench.loop.timers == [30.0]
    await bench.loop.pass_ms(3_570_000)
    assert bench.told[-1] == ["no lapses 3600000"]


async def test_a_command_finds_nothing_due_although_something_was() -> None:
    bench = await Bench().start()
    await bench.ask("lapses 20")
    bench.loop.now_ms += 20
    assert await bench.ask("later") == ("later",)


async def test_callers_and_others_get_their_turns_beside_a_backlog() -> None:
    bench = await Bench().start()
    for n in range(100):
        await bench.ask(f"lapses 20 {n}")
    bench.loop.now_ms += 20
    for asking in (bench.ask("later"), bench.read()):
        left = await asking
        assert "later" in left
        assert 50 < len(left) < 100, "some have lapsed, and nobody waited for the rest"
    rounds = 0
    while bench.engine.position < 202:
        await asyncio.sleep(0)
        rounds += 1
    assert rounds > 20, "no single turn fired them all"
    assert await bench.read() == ("later",)


async def test_a_turn_ends_when_its_commands_have_taken_long_and_the_next_goes_on() -> None:
    bench = await Bench().start()
    looks = count()
    bench.counters.seconds = lambda: next(looks) * 0.003
    await asyncio.gather(*(bench.ask(str(number)) for number in range(7)))
    assert await bench.journal() == [["0", "1", "2", "3"], ["4", "5", "6"]]


# --- when the store fails ---


async def test_a_failed_append_fails_its_whole_turn_and_leaves_the_state_as_it_was() -> None:
    bench = await Bench().start()
    await bench.ask("one")
    bench.store.fails = True
    callers = [bench.ask("two"), bench.ask("one"), bench.ask("three")]
    for caller in callers:
        with pytest.raises(StoreError, match="the disk is full"):
            await caller
    assert await bench.read() == ("one",)
    bench.store.fails = False
    await bench.loop.pass_ms(1_000)
    assert await bench.ask("two") == ("one", "two")
    assert bench.told == [["one"], ["two"]]
    assert await bench.journal() == [["one"], ["two"]]


async def test_while_the_store_fails_commands_are_refused_without_a_load_for_each() -> None:
    bench = await Bench().start()
    await bench.ask("one")
    bench.store.fails = True
    with pytest.raises(StoreError):
        await bench.ask("two")
    await settle()
    made, appends = NamesMachine.made, len(bench.store.appends)
    for _ in range(3):
        with pytest.raises(StoreError, match="the disk is full"):
            await bench.ask("two")
        assert await bench.read() == ("one",)
        await bench.loop.pass_ms(1_000)
    assert (NamesMachine.made, len(bench.store.appends)) == (made, appends)
    assert bench.loop.timers == [1.0], "it asks again whether the store works"
    bench.store.fails = False
    await bench.loop.pass_ms(1_000)
    assert await bench.ask("two") == ("one", "two")


async def test_a_load_that_is_tried_again_and_again_looks_for_what_was_forgotten_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class UnreadableStore(ObedientStore):
        can_be_read = True

        async def rows(self, workspace_sid: str, after_position: int) -> AsyncIterator[JournalRow]:
            if not self.can_be_read:
                raise StoreError("the disk is gone")
            async for one in super().rows(workspace_sid, after_position):
                yield one

    looks: list[None] = []
    monkeypatch.setattr(loading, "_MANY_EVENTS", 1)
    monkeypatch.setattr(loading, "leave_alone", lambda: None)
    monkeypatch.setattr(loading, "reclaim", lambda: looks.append(None))
    bench = await Bench(store := UnreadableStore()).start()
    for outage in (1, 2):
        store.fails, store.can_be_read = True, False
        for _ in range(4):
            with pytest.raises(StoreError):
                await bench.ask("one")
            await bench.loop.pass_ms(1_000)
        assert len(looks) == outage, "it takes a tenth of a second, and everybody waits for it"
        store.fails, store.can_be_read = False, True
        await bench.loop.pass_ms(1_000)
        await bench.read()


async def test_a_store_that_says_it_works_and_fails_is_tried_for_a_tenth_of_the_time() -> None:
    class LaboriousStore(ObedientStore):
        async def rows(self, workspace_sid: str, after_position: int) -> AsyncIterator[JournalRow]:
            bench.loop.now_ms += 2_000
            async for one in super().rows(workspace_sid, after_position):
                yield one

    bench = Bench(LaboriousStore())
    await bench.start()
    bench.store.fails = bench.store.pretends = True
    tries: list[int] = []
    for second in range(42):
        appends = len(bench.store.appends)
        with pytest.raises(StoreError, match="the disk is full"):
            await bench.ask("one")
        if len(bench.store.appends) > appends:
            tries.append(second)
        await bench.loop.pass_ms(1_000)
    assert tries == [0, 1, 21, 41], "a load takes two seconds"
    bench.store.fails = False
    await bench.loop.pass_ms(20_000)
    assert await bench.ask("one") == ("one",)
    bench.store.fails = True
    with pytest.raises(StoreError):
        await bench.ask("two")
    bench.store.fails = False
    assert await bench.ask("two") == ("one", "two"), "one failure alone costs no rest"


async def test_a_failed_append_does_not_fail_those_who_wait_for_the_next_turn() -> None:
    bench = await Bench().start()
    bench.store.hold()
    bench.store.fails = True
    one = bench.ask("one")
    await settle()
    two = bench.ask("two")
    bench.store.fails = False
    bench.store.let_go()
    with pytest.raises(StoreError):
        await one
    assert await two == ("two",)


async def test_an_append_that_was_kept_all_the_same_shows_after_the_reload() -> None:
    bench = await Bench().start()
    bench.store.tears = True
    with pytest.raises(StoreError):
        await bench.ask("one")
    bench.store.tears = False
    assert await bench.read() == ("one",)
    assert bench.told == [["one"]], "listeners hear of it although its caller did not"
    assert await bench.ask("two") == ("one", "two")


async def test_somebody_else_s_append_fails_the_turn_and_is_seen_after() -> None:
    bench = await Bench().start()
    other = await Bench(bench.store).start()
    await other.ask("theirs")
    with pytest.raises(StoreError, match="somebody else has appended"):
        await bench.ask("ours")
    assert await bench.ask("ours") == ("theirs", "ours")
    assert bench.told == [["theirs"], ["ours"]]


async def test_a_store_that_cannot_be_read_fails_callers_until_it_can() -> None:
    bench = await Bench().start()
    bench.store.fails = bench.store.unreadable = True
    with pytest.raises(StoreError, match="full"):
        await bench.ask("one")
    with pytest.raises(StoreError, match="gone"):
        await bench.ask("one")
    with pytest.raises(StoreError, match="gone"):
        await bench.read()
    assert bench.loop.timers == [1.0], "it tries again by itself, for the sake of the timers"
    bench.store.fails = bench.store.unreadable = False
    await bench.loop.pass_ms(1_000)
    assert await bench.ask("one") == ("one",)


async def test_a_store_with_a_bug_of_its_own_is_a_store_that_failed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    bench = await Bench().start()

    async def append(appends: list[Append]) -> None:
        raise KeyError("a bug in the store")

    with monkeypatch.context() as patch:
        patch.setattr(bench.store, "append", append)
        with pytest.raises(StoreError, match="a bug in the store"):
            await bench.ask("one")
    assert await bench.ask("one") == ("one",)


async def test_a_hole_in_the_journal_is_not_folded() -> None:
    bench = await Bench().start()
    for name in ("one", "two", "three"):
        await bench.ask(name)
    del bench.store._journals[WS][2]
    with pytest.raises(StoreError, match="row after position 2 is missing; the next one begins at"):
        await Bench(bench.store).engine.start()


# --- when a rule fails ---


async def test_a_bug_fails_its_command_alone() -> None:
    bench = await Bench().start()
    before, bug, after = bench.ask("before"), bench.ask("bug"), bench.ask("after")
    assert await before == ("before",)
    with pytest.raises(RuntimeError, match="a rule is wrong"):
        await bug
    assert await after == ("before", "after"), "and not half a bug"
    assert await bench.journal() == [["before"], ["after"]]


async def test_a_read_never_sees_half_a_bug() -> None:
    bench = await Bench().start()
    bench.store.hold()
    before, bug = bench.ask("before"), bench.ask("bug")
    await settle()
    reading = bench.read()
    await settle()
    bench.store.let_go()
    assert await reading == ("before",)
    await before
    with pytest.raises(RuntimeError):
        await bug


async def test_what_a_bug_followed_fails_if_it_could_not_be_kept() -> None:
    bench = await Bench().start()
    bench.store.fails = True
    for caller in (bench.ask("before"), bench.ask("bug")):
        with pytest.raises(StoreError):
            await caller
    bench.store.fails = False
    assert await bench.read() == ()


async def test_a_timer_with_a_bug_fails_commands_but_not_reads_and_is_tried_now_and_then() -> None:
    bench = await Bench().start()
    await bench.ask("bomb 20")
    await bench.loop.pass_ms(20)
    made = NamesMachine.made
    with pytest.raises(RuntimeError, match="a timer is wrong"):
        await bench.ask("one")
    assert await bench.read() == ("bomb 20",)
    await settle()
    assert NamesMachine.made <= made + 1, "it does not spin"
    assert bench.loop.timers == [1.0]
    await bench.loop.pass_ms(1_000)
    assert bench.loop.timers == [1.0]


# --- listeners ---


async def test_listeners_hear_of_a_turn_once_it_is_durable() -> None:
    bench = await Bench().start()
    bench.store.hold()
    one, two = bench.ask("one"), bench.ask("two")
    await settle()
    assert bench.heard == []
    bench.store.let_go()
    await asyncio.gather(one, two)
    [turn] = bench.heard
    assert (turn.workspace_sid, turn.first_position, turn.last_position) == (WS, 2, 3)


async def test_a_listener_that_fails_keeps_nothing_from_the_others(
    caplog: pytest.LogCaptureFixture,
) -> None:
    bench = await Bench().start()
    later: list[int] = []

    def broken(turn: object) -> None:
        raise ZeroDivisionError

    stop_broken = bench.engine.subscribe(broken)
    stop_later = bench.engine.subscribe(lambda turn: later.append(turn.last_position))
    await bench.ask("one")
    assert later == [2]
    assert "a listener failed" in caplog.text
    stop_broken()
    stop_later()
    stop_later()
    await bench.ask("two")
    assert later == [2]


# --- the end ---


async def test_closing_answers_what_was_taken_and_refuses_the_rest() -> None:
    bench = await Bench().start()
    bench.store.hold()
    taken = bench.ask("taken")
    await settle()
    waiting = bench.ask("waiting")
    await settle()
    closing = asyncio.create_task(bench.engine.close())
    await settle()
    with pytest.raises(Closed):
        await waiting
    assert not closing.done()
    assert not taken.done()
    bench.store.let_go()
    assert await taken == ("taken",)
    await closing
    for caller in (bench.ask("late"), bench.read()):
        with pytest.raises(Unavailable):
            await caller
    assert await bench.journal() == [["taken"]]


async def test_closing_leaves_no_reader_behind_whose_turn_fails() -> None:
    bench = await Bench().start()
    await bench.ask("lapses 20")
    bench.store.hold()
    bench.store.fails = True
    bench.loop.now_ms += 20
    reading = bench.read()
    await settle()
    closing = asyncio.create_task(bench.engine.close())
    await settle()
    bench.store.let_go()
    await closing
    with pytest.raises(StoreError, match="the disk is full"):
        await reading


async def test_a_closed_engine_sets_no_timer() -> None:
    bench = await Bench().start()
    await bench.ask("lapses 20")
    await bench.engine.close()
    await bench.engine.close()
    assert bench.loop.timers == []


async def test_after_its_deletion_a_workspace_is_not_found() -> None:
    bench = await Bench().start()
    await bench.ask("lapses 20")
    deleted, same_turn = bench.delete(), bench.ask("too late")
    assert await deleted == "deleted"
    for caller in (same_turn, bench.ask("later"), bench.read()):
        with pytest.raises(NotFound, match=f"workspace {WS} was not found"):
            await caller
    assert bench.told[-1] == ["WorkspaceDeleted"]
    await settle()
    assert bench.loop.timers == []
    assert await bench.store.workspaces() == []


async def test_a_deletion_that_could_not_be_kept_did_not_happen() -> None:
    bench = await Bench().start()
    bench.store.fails = True
    with pytest.raises(StoreError):
        await bench.delete()
    bench.store.fails = False
    await bench.loop.pass_ms(1_000)
    assert await bench.ask("one") == ("one",)


async def test_a_loaded_engine_is_like_the_one_before(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING)
    bench = await Bench().start()
    await asyncio.gather(bench.ask("one"), bench.ask("lapses 50"))
    await bench.ask("two")
    await bench.engine.close()
    again = await Bench(bench.store).start()
    assert await again.read() == ("one", "lapses 50", "two")
    assert again.engine.position == 4
    assert again.heard == [], "old turns are no news"
    await settle()
    await again.loop.pass_ms(50)
    assert await again.read() == ("one", "two")
    assert caplog.text == ""
