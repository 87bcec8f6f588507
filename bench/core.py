"""What a decision of the core costs, on one processor core: `python bench/core.py [--quick]`.

A life cycle is create, offer, accept, complete: four decisions, some eight events made and applied.
Compared cases are measured in turn, round after round, and the median of the rounds' ratios is
shown: machines drift, ratios less so.
"""

import argparse
import gc
import json
import random
import statistics
import time
import tracemalloc
from collections.abc import Callable

import figures
import msgspec
from floor import START_MS, Floor, skilled_floor, texts
from stalls import Pauses

from taskyard.core.events import TaskCreated
from taskyard.core.ids import TaskChannelSid, TaskSid
from taskyard.core.limits import Limits
from taskyard.core.model import Task, TaskStatus
from taskyard.core.snapshot import Snapshot, capture, restore
from taskyard.core.state import State
from taskyard.core.steps import at_once
from taskyard.core.timers import Timers

Cycle = Callable[[], None]


def microseconds(cycle: Cycle, times: int) -> float:
    """Processor time of one call, by running it so many times."""
    began = time.process_time()
    for _ in range(times):
        cycle()
    return (time.process_time() - began) / times * 1e6


def known_workers(waiting: int) -> Cycle:
    """Every task asks for one worker of a thousand."""
    floor = Floor()
    queue = floor.queue("everybody", "1==1")
    floor.workflow(
        [
            {
                "expression": "1==1",
                "targets": [{"queue": queue, "known_worker_sid": "task.agent"}],
            }
        ]
    )
    sids = [floor.worker({"level": i % 7}) for i in range(1000)]
    attributes = texts(*({"agent": sid} for sid in sids))
    for _ in range(1000 + waiting):
        floor.task(attributes())
    while floor.offers:
        floor.accept_one()
    return floor.cycle(attributes)


def excluding(waiting: int) -> Cycle:
    """Every task has its own list of workers who have rejected it."""
    floor = Floor()
    queue = floor.queue("everybody", "1==1")
    floor.workflow(
        [
            {
                "expression": "1==1",
                "targets": [{"queue": queue, "expression": "worker.sid NOT IN task.rejected"}],
            }
        ]
    )
    sids = [floor.worker({"level": i % 7}) for i in range(1000)]
    dice = random.Random(1)

    def attributes() -> str:
        return json.dumps({"rejected": dice.sample(sids, 3)})

    for _ in range(1000 + waiting):
        floor.task(attributes())
    while floor.offers:
        floor.accept_one()
    return floor.cycle(attributes)


def many_queues(*, shared: bool, waiting: int) -> Cycle:
    """Every worker belongs to 200 queues: all to the same, or each to another 200 of 400."""
    floor = Floor()
    dice = random.Random(1)
    queues = 200 if shared else 400
    sids = [
        floor.queue(f"queue {k}", "1==1" if shared else f"skills HAS 's{k}'") for k in range(queues)
    ]
    floor.workflow(
        [{"expression": f"type == {k}", "targets": [{"queue": sid}]} for k, sid in enumerate(sids)]
    )
    for _ in range(1000):
        skills = [] if shared else [f"s{k}" for k in dice.sample(range(queues), 200)]
        floor.worker({"skills": skills})
    attributes = texts(*({"type": k} for k in dice.sample(range(queues), queues)))
    if waiting:
        for _ in range(1000 + waiting):
            floor.task(attributes())
        while floor.offers:
            floor.accept_one()
    return floor.cycle(attributes)


def ordered(order_by: str, capacity: int) -> Cycle:
    """A thousand workers in the order of a number, of an attribute or of their work in hand."""
    floor = Floor()
    queue = floor.queue("everybody", "1==1")
    floor.workflow([{"expression": "1==1", "targets": [{"queue": queue, "order_by": order_by}]}])
    for i in range(1000):
        floor.worker({"level": i % 50}, capacity=capacity)
    attributes = texts({"type": "x"})
    cycle = floor.cycle(attributes)
    for _ in range(500):  # some have work, so that the counter tells them apart
        floor.task(attributes())
    while floor.offers:
        floor.accept_one()
    return cycle


def batches(size: int) -> Cycle:
    """Every task is offered to so many workers at once."""
    floor = Floor()
    queue = floor.queue("everybody", "1==1", most=size)
    floor.workflow([{"expression": "1==1", "targets": [{"queue": queue}]}])
    for i in range(1000):
        floor.worker({"level": i % 50})
    return floor.cycle(texts({"type": "x"}))


def measure(name: str, cycle: Cycle, times: int, rounds: int) -> float:
    """Print one row; the median of several rounds."""
    cycle()
    costs = [microseconds(cycle, times) for _ in range(rounds)]
    cost = statistics.median(costs)
    print(f"{name:<66} {cost:8.1f} {1e6 / cost:10,.0f}")
    return cost


def compare(name: str, one: Cycle, other: Cycle, times: int, rounds: int, bar: float) -> float:
    """Print what `one` costs in terms of `other`, measured in turn; the median."""
    one()
    other()
    ratios = [microseconds(one, times) / microseconds(other, times) for _ in range(rounds)]
    ratio = statistics.median(ratios)
    print(f"{name:<66} {ratio:7.2f}x {f'(at most {bar})' if bar else '':>15}")
    return ratio


def memory() -> None:
    """Print what an open task and a worker take."""
    tracemalloc.start()
    floor, _ = skilled_floor(workers=0, queues=20, waiting=0)
    before = tracemalloc.get_traced_memory()[0]
    for i in range(2000):
        floor.worker({"skills": [f"skill{i % 20}", "other"], "level": i % 7, "name": f"agent {i}"})
    workers = tracemalloc.get_traced_memory()[0]
    attributes = texts(
        *({"type": f"type{k}", "customer": "c-1001", "language": "en"} for k in range(20))
    )
    for _ in range(22_000):
        floor.task(attributes())
    waiting = floor.machine.matcher.waiting
    tasks = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    print(f"{'bytes per worker':<66} {(workers - before) / 2000:8,.0f}")
    print(f"{'bytes per open task':<66} {(tasks - workers) / (waiting + 2000):8,.0f}")
    figures.note("worker_bytes", "memory of a worker", (workers - before) / 2000, "bytes", "down")
    of_a_task = (tasks - workers) / (waiting + 2000)
    figures.note("task_bytes", "memory of an open task", of_a_task, "bytes", "down")


def finished_memory(tasks: int) -> None:
    """Print what a finished task takes with its one reservation, made live and after a restart."""
    tracemalloc.start()
    floor, _ = skilled_floor(workers=100, queues=20, waiting=0)
    before = tracemalloc.get_traced_memory()[0]
    for number in range(tasks):
        floor.now_ms -= 2  # three commands a millisecond: none is forgotten before the end
        attributes = {"type": f"type{number % 20}", "customer": f"c-{number}", "language": "en"}
        floor.task(json.dumps(attributes))
        floor.accept_one()
        floor.complete_one()
    live = tracemalloc.get_traced_memory()[0] - before
    kept = msgspec.msgpack.encode(capture(floor.machine.state))
    before = tracemalloc.get_traced_memory()[0]
    restored = restore(msgspec.msgpack.decode(kept, type=Snapshot))
    again = tracemalloc.get_traced_memory()[0] - before
    tracemalloc.stop()
    assert len(restored.finished) == tasks
    print(f"{'bytes per finished task and its reservation':<66} {live / tasks:8,.0f}")
    print(f"{'  after a start from a snapshot':<66} {again / tasks:8,.0f}")
    says = "memory of a finished task and its reservation"
    figures.note("finished_task_bytes", says, live / tasks, "bytes", "down")


def timer_pause(clocks: int) -> None:
    """Print the longest that starting a clock or asking for the next took, while dead ones go."""
    state = State()
    channel_sid = TaskChannelSid("TC" + "0" * 32)
    created = TaskCreated(
        TaskSid(""), "{}", None, channel_sid, 0, 86_400, START_MS, None, False, None
    )

    def add(number: int) -> Task:
        task = Task(
            sid=TaskSid(f"WT{number:032x}"),
            number=number,
            attributes="{}",
            status=TaskStatus.PENDING,
            priority=0,
            timeout_s=86_400,
            task_channel_sid=channel_sid,
            workflow_sid=None,
            virtual_start_ms=START_MS,
            created_ms=START_MS + number,
            updated_ms=START_MS + number,
        )
        state.tasks[task.sid] = task
        return task

    for number in range(clocks):
        add(number)
    timers = Timers(state, Limits())
    at_once(timers.fill())
    (_, start), *_ = timers.watches()
    longest_s = 0.0
    gc.disable()  # its pauses have a row of their own
    for number in range(clocks, 2 * clocks + clocks // 10):
        task = add(number)
        event = msgspec.structs.replace(created, task_sid=task.sid)
        began = time.thread_time()
        start(event)
        timers.next_ms()
        longest_s = max(longest_s, time.thread_time() - began)
        task.status = TaskStatus.COMPLETED
    gc.enable()
    named = f"longest look at the clocks, {clocks:,} live and as many dead, ms"
    print(f"{named:<66} {longest_s * 1e3:8.2f}")


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="smaller numbers, a rough table")
    figures.option(parser)
    asked = parser.parse_args()
    quick = asked.quick
    times, rounds = (500, 3) if quick else (4000, 7)
    much = 10_000 if quick else 100_000

    print(f"{'one life cycle':<66} {'us':>8} {'a second':>10}")
    _, idle = skilled_floor(workers=1000, queues=20, waiting=0)
    cost = measure("1,000 workers, 20 queues, workers idle", idle, times, rounds)
    says = "life cycles in the core, on one processor core, 1,000 workers idle"
    figures.note("cycles", says, 1e6 / cost, "a second", "up")
    _, busy = skilled_floor(workers=1000, queues=20, waiting=1000)
    measure("1,000 workers, 20 queues, 1,000 tasks waiting", busy, times, rounds)
    with Pauses() as pauses:
        floor, backlog = skilled_floor(workers=1000, queues=20, waiting=much)
        measure(f"1,000 workers, 20 queues, {much:,} tasks waiting", backlog, times, rounds)
        lanes, pools = floor.machine.matcher.lanes, floor.machine.matcher.pools
    name = f"{much:,} waiting against 1,000 waiting"
    ratio = compare(f"  {name}", backlog, busy, times, rounds, 1.3)
    figures.note("backlog_ratio", name, ratio, "ratio", "down", bound=1.3)
    print(f"{'  lanes, pools':<66} {lanes:>8} {pools:>10}")
    print(f"{'  longest pause of the garbage collector, ms':<66} {pauses.longest_ms:8.1f}")
    says = f"longest pause of the garbage collector, {much:,} tasks open"
    figures.note("gc_pause", says, pauses.longest_ms, "ms", "down")
    _, crowd = skilled_floor(workers=1500 if quick else 15_000, queues=20, waiting=0)
    measure("15,000 workers, 20 queues, workers idle", crowd, times, rounds)
    compare("  15,000 workers against 1,000, idle", crowd, idle, times, rounds, 1.5)
    _, crowd = skilled_floor(workers=1500 if quick else 15_000, queues=20, waiting=1000)
    compare("  15,000 workers against 1,000, 1,000 waiting", crowd, busy, times, rounds, 1.5)
    measure(f"a known worker per task, {much:,} waiting", known_workers(much), times, rounds)
    few, many = excluding(2000), excluding(2000 if quick else 20_000)
    measure("a list of excluded workers per task, 2,000 waiting", few, times, rounds)
    measure("a list of excluded workers per task, 20,000 waiting", many, times, rounds)
    compare("  20,000 of them waiting against 2,000", many, few, times, rounds, 1.3)
    for shared in (True, False):
        people = "same 200 queues" if shared else "another 200 of 400 queues each"
        for waiting in (0, 20_000):
            cycle = many_queues(shared=shared, waiting=waiting)
            state = f"{waiting:,} waiting" if waiting else "idle"
            measure(f"1,000 workers in the {people}, {state}", cycle, times, rounds)
    measure("order_by an attribute", ordered("worker.level DESC", 1), times, rounds)
    counter = "worker.channel.default.assigned_tasks ASC"
    measure("order_by a channel counter, capacity 3", ordered(counter, 3), times, rounds)
    measure("five reservations a task", batches(5), times, rounds)
    measure("fifty reservations a task", batches(50), times // 8, rounds)
    memory()
    finished_memory(5_000 if quick else 100_000)
    timer_pause(30_000 if quick else 300_000)
    figures.write(asked.json)


if __name__ == "__main__":
    main()
