"""Small worlds of words: few enough that they meet, and some that never fit."""

import json
from random import Random
from typing import Any

LANGS = ("en", "es", "fr")
TYPES = ("x", "y", "z")
CHANNELS = ("default", "voice", "chat", "sms")
WORKER_NAMES = ("Ann", "Bob", "Cy", "Di", "Eve", "Flo", "ann", "BOB")
MALFORMED = (
    "skill-level > 3",
    "a ==",
    "== 1",
    "a == 1 AND",
    "(a == 1",
    "a == 'x",
    "a + 1 > 3",
    "#",
)

ABOUT_WORKERS = (
    *["1==1"] * 8,
    "1==2",
    "langs HAS 'en'",
    "langs HAS 'es'",
    "'fr' IN langs",
    "team == 'a'",
    "team != 'b'",
    "level > 1",
    "level >= 2",
    "level IN [1, 2]",
    "team == null",
    "rank != null",
    "vip",
    "activity_name == 'Available'",
    "friendly_name IN ['Ann', 'Bob', 'Di']",
    "channel.voice.assigned_tasks == 0",
    "channel.voice.available_capacity_percentage == 100",
    "channel.chat.available_capacity_percentage >= 50",
    "assigned_tasks == 0",
    f"sid == 'WK{1:032x}'",
    f"sid NOT IN ['WK{2:032x}', 'WK{3:032x}']",
    "name CONTAINS 'a'",
    "available",
    "NOT vip",
    "level NOT IN [1, null]",
    "[team, 'a'] HAS 'a'",
    "team IN ['a', null]",
    "langs[0] == 'en'",
    "deep.x > 1",
    "deep.list[1] == 'b' OR deep != null",
    "channel.sms.available",
    "channel.chat.configured_capacity > 1",
    "activity_name CONTAINS 'vail' AND rank > 0",
    "NOT (langs HAS 'en') AND NOT level > 1",
    "taskrouter.currentMin == null",
    "task.type == null",
)
WORKERS_AND_TASKS = (
    "1==0",
    "worker.sid NOT IN task.rejected",
    "worker.sid NOT IN task.rejected",
    "task.lang IN worker.langs",
    "worker.langs HAS task.lang",
    "worker.sid == task.agent",
    "worker.sid != task.agent",
    "worker.nothing == task.nothing",
    "worker.level >= task.n",
    "worker.level > 1",
    "worker.team == task.team",
    "task.priority > 3",
    "task.priority < 6 OR worker.level == 3",
    "worker.channel.chat.assigned_tasks == 0",
    "worker.channel.voice.available_capacity_percentage == 100",
    "worker.assigned_tasks < 2",
    "worker.activity_name IN ['Available', 'Busy']",
    "taskrouter.currentMin > 0",
    "taskrouter.currentTime < 2 OR worker.team == 'a'",
    "taskrouter.currentMin IN ['00', '01', '03', '04', '59']",
    "taskrouter.dayOfWeek == 'Wed'",
    "langs HAS 'en'",
    "task.targets HAS worker.sid",
    "task.lang NOT IN worker.langs",
    "NOT worker.level < task.n",
    "worker.level != task.n",
    "worker.friendly_name == task.agent_name",
    "task.lang == worker.langs[0]",
    "worker.deep.x == task.deep.x",
    "task.deep != null AND worker.deep != null",
    f"worker.sid IN [task.agent, 'WK{1:032x}']",
    f"'WK{1:032x}' NOT IN task.rejected",
    "[worker.team, 'b'] HAS task.team",
    "task.team IN [worker.team]",
    "worker.name CONTAINS task.part",
    "worker.available",
    "worker.channel.chat.available AND task.n > 0",
    "worker.channel.voice.assigned_tasks < task.n",
    "worker.assigned_tasks <= worker.level",
    "worker.langs HAS 'en' AND (task.type == 'x' OR worker.sid NOT IN task.rejected)",
    "NOT (worker.sid == task.agent)",
    "worker.sid != null",
    "task.task_channel_unique_name == 'voice' OR worker.level > 1",
    "task.assignment_status == 'pending'",
    "taskrouter.currentMin > task.n",
)
ABOUT_TASKS = (
    *["1==1"] * 4,
    "1==2",
    "type == 'x'",
    "type == 'y'",
    "type IN ['x', 'y']",
    "type != 'z'",
    "n > 1",
    "lang == null",
    "task.type == 'x'",
    "task.priority > 2",
    "agent != null",
    "worker.langs HAS 'en'",
    "taskrouter.currentMin < 2",
    "n IN [1, 2, 'x']",
    "n >= '1'",
    "n = 2 AND type = 'y'",
    "n == 1.0 OR n == '2'",
    "deep.x == 1 OR deep.list HAS 'b'",
    "rejected != null",
    "NOT (type == 'x' AND n > 1)",
    "lang NOT IN ['en', null]",
    "'en' == lang",
    "task.sid != null AND sid == null",
    "task.task_channel_unique_name == 'voice'",
    f"targets HAS 'WK{1:032x}'",
    "taskrouter.currentHour >= 0",
)
SKIPS = (
    "1==1",
    "1==2",
    "workers.available == 0",
    "workers.available < 2",
    "workers.unavailable >= 1",
    "workers.unavailable > workers.available",
    f"workers.WA{2:032x} == 0",
    f"workers.WA{3:032x} > 0 OR workers.available == 1",
    "workers.available == 0 AND task.type == 'x'",
    "workers.available <= task.n",
    "NOT (workers.available > 0)",
    f"workers.WA{1:032x} >= workers.unavailable",
    "workers.nobody == null",
    "taskrouter.currentMin < 30",
)
ORDERS = (
    "worker.level DESC",
    "worker.level ASC, worker.rank DESC",
    "rank",
    "worker.rank desc, worker.level",
    "worker.channel.chat.assigned_tasks ASC",
    "worker.channel.voice.available_capacity_percentage DESC, level ASC",
    "worker.missing DESC, worker.level asc",
    "worker.friendly_name DESC",
    "worker.deep.x",
    "worker.channel.voice.configured_capacity, worker.assigned_tasks DESC",
    "assigned_tasks, level desc, rank",
)
DEEP = ({"x": 1}, {"x": 2, "list": ["a", "b"]}, {"x": "1"}, [1], None)
STEP_TIMEOUTS = (1, 2, 5, 10, 30, "10", 61)


def worker_attributes(random: Random) -> str:
    attributes: dict[str, Any] = {}
    if random.random() < 0.8:
        attributes["langs"] = [lang for lang in LANGS if random.random() < 0.6]
    if random.random() < 0.8:
        attributes["level"] = random.choice((1, 2, 3, 3, 2.5, "2", "x", None))
    if random.random() < 0.7:
        attributes["team"] = random.choice(("a", "b", None))
    if random.random() < 0.6:
        attributes["rank"] = random.choice((1, 2, -1, 0))
    if random.random() < 0.1:
        attributes["vip"] = random.choice((True, "true"))
    if random.random() < 0.05:
        attributes["sid"] = "WK1"
    if random.random() < 0.3:
        attributes["deep"] = random.choice(DEEP)
    if random.random() < 0.2:
        attributes["name"] = random.choice(("abc", "xyz", 7))
    if random.random() < 0.05:
        attributes["available"] = random.choice((True, False, None, "true"))
    if random.random() < 0.05:
        attributes["channel"] = random.choice(("x", {"voice": {"assigned_tasks": 0}}, {"chat": {}}))
    return told(random, attributes)


def task_attributes(random: Random, workers: list[str]) -> str:
    attributes: dict[str, Any] = {"type": random.choice(TYPES)}
    if random.random() < 0.6:
        attributes["lang"] = random.choice(LANGS)
    if random.random() < 0.4:
        attributes["agent"] = random.choice([*workers, "WK" + "f" * 32, "nobody", None])
    if random.random() < 0.4:
        attributes["agent_name"] = random.choice((*WORKER_NAMES, "nobody", 7))
    if random.random() < 0.6:
        attributes["rejected"] = [sid for sid in workers if random.random() < 0.3]
    if random.random() < 0.5:
        attributes["n"] = random.choice((0, 1, 2, 3, "2"))
    if random.random() < 0.3:
        attributes["team"] = random.choice(("a", "b", None))
    if random.random() < 0.3:
        attributes["deep"] = random.choice(DEEP)
    if random.random() < 0.2:
        attributes["part"] = random.choice(("a", "z", "", 7))
    if random.random() < 0.2:
        attributes["targets"] = random.choices([*workers, "WK1", None, 1, [1], {}], k=3)
    return told(random, attributes)


def told(random: Random, attributes: dict[str, Any]) -> str:
    spaced = random.random() < 0.05
    return json.dumps(attributes, separators=None if spaced else (",", ":"))


def text_of(random: Random, atoms: tuple[str, ...], depth: int = 2) -> str:
    """One of them, or some of them put together."""
    if depth == 0 or random.random() < 0.7:
        return random.choice(atoms)
    left, right = (text_of(random, atoms, depth - 1) for _ in range(2))
    shape = random.choice(("({}) AND ({})", "({}) OR ({})", "NOT ({}) OR {}", "{} AND {}"))
    return shape.format(left, right)


def target(random: Random, queues: list[str], workers: list[str], *, first: bool) -> dict[str, Any]:
    one: dict[str, Any] = {}
    if first or random.random() < 0.7:
        one["queue"] = random.choice(queues)
    if random.random() < 0.45:
        one["expression"] = text_of(random, WORKERS_AND_TASKS)
    if random.random() < 0.3:
        one["order_by"] = random.choice(ORDERS)
    if random.random() < 0.3:
        one["priority"] = random.choice((0, 1, 5, 10, "7"))
    if random.random() < 0.6:
        one["timeout"] = random.choice(STEP_TIMEOUTS)
    if random.random() < 0.3:
        one["skip_if"] = random.choice(SKIPS)
    if random.random() < 0.12:
        one["known_worker_sid"] = random.choice(["task.agent", "agent", "task.nothing", *workers])
    elif random.random() < 0.08:
        one["known_worker_friendly_name"] = random.choice(("task.agent_name", "agent_name"))
    return one


def configuration(random: Random, queues: list[str], workers: list[str]) -> str:
    routing: dict[str, Any] = {}
    routing["filters"] = [
        {
            "filter_friendly_name": f"filter {index}",
            "expression": text_of(random, ABOUT_TASKS),
            "targets": [
                target(random, queues, workers, first=at == 0)
                for at in range(random.choice((1, 1, 2, 2, 3)))
            ],
        }
        for index in range(random.choice((0, 1, 1, 2, 3)))
    ]
    if not routing["filters"] or random.random() < 0.85:
        routing["default_filter"] = target(random, queues, workers, first=True)
    if random.random() < 0.04:
        spoil(random, routing)
    return json.dumps({"task_routing": routing}, separators=(",", ":"))


def spoil(random: Random, routing: dict[str, Any]) -> None:
    """One mistake that a person might make."""
    steps = [one for each in routing["filters"] for one in each["targets"]]
    step = random.choice([*steps, routing.get("default_filter", {})])
    key, value = random.choice(
        (
            ("queue", "WQ" + "f" * 32),
            ("timeout", 0),
            ("timeout", "soon"),
            ("priority", -1),
            ("expression", "a =="),
            ("order_by", "worker.level UP"),
            ("skip_if", ""),
            ("known_worker_sid", "not a reference"),
        )
    )
    step[key] = value
