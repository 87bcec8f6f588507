import pytest

from taskyard.core.ids import counting_mint
from taskyard.core.limits import Limits
from twin.expressions import Malformed, evaluate, is_expression
from twin.names import in_filter, in_skip_if, in_target_expression, in_target_workers
from twin.things import Activity, Reservation, Task, TaskChannel, Worker, WorkerChannel
from twin.world import World

MONDAY_0915_MS = 1_700_471_700_000


def published_world() -> tuple[World, Worker, Task]:
    world = World(counting_mint(), Limits())
    world.now_ms = MONDAY_0915_MS
    world.activities["WA1"] = Activity("WA1", "Available", True)
    for sid, name in (("TC1", "voice"), ("TC2", "chat")):
        world.task_channels[sid] = TaskChannel(sid, name, name, False)
    worker = Worker(
        sid="WK1",
        number=1,
        friendly_name="ann",
        activity_sid="WA1",
        attributes={
            "skills": ["support", "sales"],
            "languages": ["en", "es"],
            "level": 3,
            "rating": 5.5,
            "score": "7",
            "name": "Ann Lee",
            "vip": True,
            "team": None,
            "routing": {"skills": ["billing"], "levels": {"billing": 4}},
            "list": [{"k": 1}, "b"],
        },
        channels={"TC1": WorkerChannel(capacity=1), "TC2": WorkerChannel(capacity=3)},
        status_changed_ms=0,
    )
    task = Task(
        sid="WT1",
        number=1,
        attributes={
            "type": "support",
            "tier": "gold",
            "lang": "es",
            "n": 5,
            "s": "5",
            "ok": True,
            "flag": "true",
            "agents": ["WK1", "WK9"],
            "empty": [],
            "nested": {"a": ["x", "y"], "b": "z"},
            "last": None,
        },
        priority=0,
        timeout_s=60,
        task_channel_sid="TC2",
        virtual_start_ms=0,
        created_ms=0,
    )
    world.workers[worker.sid] = worker
    world.tasks[task.sid] = task
    for sid in ("WR1", "WR2"):
        offer = Reservation(sid, "WT1", "WK1", "TC2", None, 0, "WA1", status="accepted")
        world.reservations[sid] = offer
    return world, worker, task


def value(where: str, text: str) -> bool:
    world, worker, task = published_world()
    return evaluate(
        text,
        {
            "Q": lambda path: in_target_workers(world, worker, path),
            "F": lambda path: in_filter(world, task, path),
            "X": lambda path: in_target_expression(world, task, worker, path),
            "S": lambda path: in_skip_if(world, task, [worker], path),
        }[where],
    )


TRUE = """
Q 1==1
Q skills HAS "support"
Q (skills HAS 'support') AND (languages HAS 'en')
Q "support" in skills
Q skills >- 'sales'
Q level IN [1,2,3]
Q level NOT IN [4,5]
Q level > 2 AND level <= 3
Q rating >= 5.1
Q score > 5
Q score == "7"
Q name CONTAINS 'Lee'
Q vip == true
Q vip = true
Q missing != 'x'
Q missing != true
Q missing == null
Q team == null
Q skills != null
Q routing.skills HAS 'billing'
Q routing.levels.billing >= 4
Q skills[0] == 'support'
Q skills[9] == null
Q list[0].k == 1
Q level.deep.path == null
Q 1 == 1.0
Q "apple" != "orange"
Q (skills HAS 'x' OR skills HAS 'sales') AND level == 3
Q level > -1
F type == 'support' AND tier IN ['gold','silver']
F type=="support"
F task.type == 'support'
F nested.a HAS 'y'
F nested.a[1] == "y"
F "x" IN nested.a
F n > 4
F s > 4
F ok == true
F last == null AND agents != null
F 'x' NOT IN empty
F last IN [null, 'x']
F last NOT IN ['x']
F taskrouter.currentTime > 0800 AND taskrouter.currentTime < 1830
F taskrouter.currentHour > 8
X worker.sid IN task.agents
X task.agents HAS worker.sid
X task.lang IN worker.languages
X worker.languages HAS task.lang
X task.lang = worker.languages[1]
X worker.activity_name in ['Available','Priority']
X worker.channel.voice.available_capacity_percentage == 100
X worker.channel.chat.available_capacity_percentage <= 50
X worker.channel.chat.available_capacity_percentage == 33
X worker.nothing == task.nothing
X worker.friendly_name == 'ann'
S workers.available == 1
S workers.unavailable == 0 AND workers.WA1 == 1
"""
FALSE = """
Q 1==2
Q skills HAS 'Support'
Q level HAS "support"
Q level <- [4,5]
Q score == 7
Q name contains 'lee'
Q skills CONTAINS 'support'
Q skills == 'support'
Q skills != 'support'
Q vip == 'true'
Q missing == 'x'
Q missing > 1
Q missing HAS 'x'
Q skills HAS 'x' OR skills HAS 'sales' AND level == 9
Q skills HAS support
Q name > 5
Q [1] NOT IN [2]
Q routing != team
F flag == true
F [null, 'x'] HAS last
F last NOT IN [null]
F empty HAS 'x'
F taskrouter.dayOfWeek IN ['Sat','Sun']
F worker.routing.skills HAS 'Swahili'
X worker.sid NOT IN task.agents
X worker.sid NOT IN task.absent
X worker.channel.chat.assigned_tasks == 0
X worker.channel.fax.assigned_tasks == 0
X (skills HAS 'support')
S workers.available == 0
"""


def rows(table: str) -> list[list[str]]:
    return [line.split(" ", 1) for line in table.strip().splitlines()]


@pytest.mark.parametrize(("where", "text"), rows(TRUE))
def test_a_published_example_that_holds(where: str, text: str) -> None:
    assert value(where, text)


@pytest.mark.parametrize(("where", "text"), rows(FALSE))
def test_a_published_example_that_does_not_hold(where: str, text: str) -> None:
    assert not value(where, text)


@pytest.mark.parametrize(
    "text",
    ["", "skill-level > 3", "level + 1 > 3", "a ==", "a == 'x", "(a == 1", "a NOT HAS 1", "a b", 7],
)
def test_what_is_not_of_the_language_is_malformed(text: str) -> None:
    assert not is_expression(text)
    with pytest.raises(Malformed):
        evaluate(text, lambda path: None)


def test_the_sign_for_has_wins_over_greater_than_minus() -> None:
    assert value("F", "agents >-'WK1'")
    assert not value("F", "n >-1")
    assert value("F", "n > -1")
