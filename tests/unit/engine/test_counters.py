import asyncio

import pytest

from taskyard.core.errors import Conflict
from taskyard.engine import Counters, Histogram, Overloaded
from taskyard.stores import StoreError

from .bench import Bench, settle


def outcomes(bench: Bench) -> tuple[int, int, int]:
    counters: Counters = bench.engine._counters
    return counters.decided, counters.refused, counters.failed


async def started(**bounds: int) -> Bench:
    bench = await Bench(**bounds).start()
    bench.engine._counters.decided = 0  # the command that made the workspace
    return bench


async def test_a_command_counts_as_decided_only_once_it_is_durable() -> None:
    bench = await started()
    bench.store.hold()
    one = bench.ask("one")
    await settle()
    assert outcomes(bench) == (0, 0, 0)
    bench.store.let_go()
    await one
    assert outcomes(bench) == (1, 0, 0)


async def test_commands_of_a_turn_that_could_not_be_kept_have_failed() -> None:
    bench = await started()
    bench.store.fails = True
    answers = await asyncio.gather(bench.ask("one"), bench.ask("one"), return_exceptions=True)
    assert {type(answer) for answer in answers} == {StoreError}
    assert outcomes(bench) == (0, 0, 2)


async def test_a_refusal_and_a_bug_count_as_what_they_are() -> None:
    bench = await started()
    await bench.ask("one")
    with pytest.raises(Conflict):
        await bench.ask("one")
    with pytest.raises(RuntimeError):
        await bench.ask("bug")
    assert outcomes(bench) == (1, 1, 1)


async def test_a_command_that_may_not_even_wait_has_failed() -> None:
    bench = await started(waiting_max=1)
    bench.store.hold()
    first = bench.ask("first")
    await settle()
    second, third = bench.ask("second"), bench.ask("third")
    with pytest.raises(Overloaded):
        await third
    bench.store.let_go()
    await asyncio.gather(first, second)
    assert outcomes(bench) == (2, 0, 1)


async def test_reads_are_no_commands() -> None:
    bench = await started()
    await bench.read()
    assert outcomes(bench) == (0, 0, 0)


def test_a_value_on_a_bound_lies_below_it() -> None:
    histogram = Histogram(1, 2)
    for value in (0.5, 1, 1.5, 2, 3):
        histogram.observe(value)
    assert histogram.counts == [2, 2, 1]
    assert histogram.total == 8
