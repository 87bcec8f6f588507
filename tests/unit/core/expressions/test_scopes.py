"""Where names find their values: attributes before fields, and prefixes by place."""

import pytest

from taskyard.core.expressions import Facts, Json, Scope, worker_value
from unit.core.expressions.world import (
    MONDAY_0915_MS,
    Staff,
    Task,
    Worker,
    holds,
    holds_of_both,
    holds_of_staff,
    holds_of_task,
    holds_of_worker,
)


@pytest.mark.parametrize(
    "text",
    [
        "sid == 'WK1'",
        "worker.sid == 'WK1'",
        "friendly_name == 'ann'",
        "activity_sid == 'WA1'",
        "activity_name contains 'Avail'",
        "available == true",
        "available",
        "assigned_tasks == 2",
        "channel.voice.configured_capacity > 0",
        "worker.channel.voice.configured_capacity > 0",
        "worker.channel.chat.available",
        "worker.skills HAS 'sales'",
        "worker.routing.levels.billing == 4",
    ],
)
def test_a_queue_sees_the_workers_attributes_fields_and_channels(text: str) -> None:
    assert holds_of_worker(text)


def test_an_attribute_wins_over_a_field_even_if_it_is_null() -> None:
    assert holds_of_worker("sid == 'mine'", sid="mine")
    assert holds_of_worker("sid == null", sid=None)
    assert holds_of_worker("available == 'sometimes'", available="sometimes")
    assert holds_of_worker("available == null AND available != true", available=None)


def test_an_attribute_wins_over_a_channel_if_the_whole_path_is_there() -> None:
    has_it: Json = {"voice": {"assigned_tasks": 9}}
    assert holds_of_worker("worker.channel.voice.assigned_tasks == 9", channel=has_it)
    assert holds_of_worker("worker.channel.voice.configured_capacity == 1", channel=has_it)
    assert holds_of_worker("worker.channel.voice.assigned_tasks == 0", channel="voice")
    null: Json = {"voice": {"assigned_tasks": None}}
    assert holds_of_worker("worker.channel.voice.assigned_tasks == null", channel=null)


def test_what_is_neither_attribute_nor_field_nor_channel_is_null() -> None:
    for name in ("nothing", "nothing.at.all", "channel.fax.assigned_tasks", "channel.voice"):
        assert holds_of_worker(f"worker.{name} == null")
    assert holds_of_worker("channel.voice.assigned_tasks.deep == null")
    assert holds_of_worker("channel[0].x == null")


@pytest.mark.parametrize(
    "text",
    [
        "level[0] == null",
        "skills.name == null",
        "skills[2] == null",
        "skills[99999999999999999999] == null",
        "name[0] == null",
        "team.x == null",
        "routing[0] == null",
        "list[0].missing.k == null",
    ],
)
def test_a_step_that_leads_nowhere_is_null(text: str) -> None:
    assert holds_of_worker(text)


def test_in_a_queue_only_worker_is_a_prefix() -> None:
    assert holds_of_worker("task.x == 1 AND workers.y == 2", task={"x": 1}, workers={"y": 2})
    assert holds_of_worker("taskrouter.currentTime == null")


def test_a_prefix_alone_is_an_attribute() -> None:
    assert holds_of_worker("worker == 1", worker=1)
    assert holds_of_worker("worker[0] == 'a'", worker=["a"])
    assert holds_of_task("task == 1 AND worker == 2", task=1, worker=2)


def test_a_filter_sees_task_attributes_bare_and_prefixed_and_fields_prefixed() -> None:
    facts = Facts(task=Task({"priority": "mine", "x": None}, {"priority": 5, "sid": "WT1", "x": 1}))
    assert holds("task.sid == 'WT1'", Scope.FILTER, facts)
    assert holds("sid == null", Scope.FILTER, facts)
    assert holds("task.priority == 'mine' AND priority == 'mine'", Scope.FILTER, facts)
    assert holds("task.x == null", Scope.FILTER, facts)
    assert holds("task.sid.x == null AND task.age == null", Scope.FILTER, facts)


def test_in_a_filter_a_worker_is_null() -> None:
    assert holds_of_task("worker.level == null", worker={"level": 1})


def test_in_a_target_a_bare_name_is_null() -> None:
    assert holds_of_both("level == null AND type == null AND sid == null AND available == null")


def test_in_a_target_fields_and_the_clock_are_there() -> None:
    assert holds_of_both("worker.available == true AND worker.assigned_tasks < 3")
    assert holds_of_both("taskrouter.currentTime == 915 AND taskrouter.dayOfWeek == 'Mon'")


def test_a_misspelt_clock_is_null() -> None:
    assert holds_of_task("taskrouter.currentTiem == null AND taskrouter.dayOfWeek.x == null")
    assert not holds_of_task("taskrouter.currentTiem < 2400")


def test_skip_if_sees_counts_and_the_task() -> None:
    assert holds_of_staff("workers.available == 2 AND task.type == 'support'", available=2)
    assert holds_of_staff("workers.WAnone == null AND workers.available.x == null", available=2)
    assert holds_of_staff("available == null AND worker.sid == null", available=2)


@pytest.mark.parametrize("scope", Scope)
def test_whoever_is_not_there_is_null(scope: Scope) -> None:
    names = ("a", "worker.a", "task.a", "workers.available", "worker.channel.a.b", "task.a.b")
    for name in names:
        assert holds(f"{name} == null", scope, Facts())
        assert not holds(f"{name} == 'x'", scope, Facts())


def test_one_facts_serves_for_many_workers() -> None:
    facts = Facts(worker=Worker({"a": 1}), staffing=Staff({}), now_ms=MONDAY_0915_MS)
    assert holds("a == 1", Scope.QUEUE, facts)
    facts.worker = Worker({"a": 2})
    assert not holds("a == 1", Scope.QUEUE, facts)


def test_order_clauses_read_a_worker_as_expressions_do() -> None:
    worker = Worker()
    assert worker_value(("level",))(worker) == 3
    assert worker_value(("routing", "levels", "billing"))(worker) == 4
    assert worker_value(("channel", "chat", "assigned_tasks"))(worker) == 2
    assert worker_value(("friendly_name",))(worker) == "ann"
    assert worker_value(("skills", 1))(worker) == "sales"
    assert worker_value(("nothing", "here"))(worker) is None
