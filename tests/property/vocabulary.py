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
)
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
