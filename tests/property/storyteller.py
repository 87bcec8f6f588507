"""What somebody might ask next, given what there is."""

from collections.abc import Callable
from random import Random
from typing import Any

from msgspec import UNSET

from property import vocabulary as say
from taskyard.core import commands as ask
from twin.world import World

Maker = Callable[[Random, World], ask.Command]


def nobody(prefix: str) -> str:
    return prefix + "f" * 32


def one_of(random: Random, things: dict[str, Any], prefix: str) -> str:
    """The SID of one of them, seldom of nothing."""
    if not things or random.random() < 0.02:
        return nobody(prefix)
    return random.choice(list(things))


def rarely_bad(random: Random, good: tuple[Any, ...], bad: tuple[Any, ...]) -> Any:
    return random.choice(bad if random.random() < 0.04 else good)


def seldom(random: Random, chance: float, value: Callable[[], Any], otherwise: Any = UNSET) -> Any:
    return value() if random.random() < chance else otherwise


def version_of(random: Random, things: dict[str, Any], sid: str) -> int | None:
    if random.random() < 0.9 or sid not in things:
        return None
    return things[sid].version + random.choice((0, 0, 1, -1))


def activity(random: Random, world: World) -> str:
    """Mostly an available one: people are there to work."""
    available = [sid for sid, one in world.activities.items() if one.available]
    if available and random.random() < 0.65:
        return random.choice(available)
    return one_of(random, world.activities, "WA")


def name(random: Random, names: tuple[str, ...]) -> str:
    return seldom(random, 0.02, lambda: random.choice(("", "n" * 300)), random.choice(names))


# --- the workspace and its furniture ---


def create_workspace(random: Random) -> ask.Command:
    return ask.CreateWorkspace(
        account_sid="AC" + "0" * 32,
        friendly_name="Desk",
        multi_task_enabled=random.random() < 0.75,
        prioritize_queue_order=random.choice(("FIFO", "FIFO", "LIFO")),
        template=random.choice(("NONE", "NONE", "FIFO")),
    )


def update_workspace(random: Random, world: World) -> ask.Command:
    return ask.UpdateWorkspace(
        friendly_name=seldom(random, 0.1, lambda: name(random, ("Desk", "Front"))),
        multi_task_enabled=seldom(random, 0.25, lambda: random.random() < 0.6),
        prioritize_queue_order=seldom(
            random, 0.6, lambda: rarely_bad(random, ("FIFO", "LIFO"), ("BEST",))
        ),
        default_activity_sid=seldom(random, 0.3, lambda: activity(random, world)),
        timeout_activity_sid=seldom(random, 0.3, lambda: activity(random, world)),
    )


def create_activity(random: Random, world: World) -> ask.Command:
    return ask.CreateActivity(
        friendly_name=name(random, ("Busy", "Break", "Available")), available=random.random() < 0.5
    )


def update_activity(random: Random, world: World) -> ask.Command:
    return ask.UpdateActivity(
        activity_sid=one_of(random, world.activities, "WA"),
        friendly_name=name(random, ("Busy", "Break", "Available", "Offline")),
    )


def delete_activity(random: Random, world: World) -> ask.Command:
    return ask.DeleteActivity(activity_sid=one_of(random, world.activities, "WA"))


def task_channel(random: Random, world: World) -> str:
    names = [one.unique_name for one in world.task_channels.values()]
    if random.random() < 0.02:
        return random.choice(("fax", nobody("TC")))
    if random.random() < 0.85:
        return random.choice(say.CHANNELS[:3])
    return random.choice([*names, *world.task_channels])


def create_task_channel(random: Random, world: World) -> ask.Command:
    return ask.CreateTaskChannel(
        friendly_name=name(random, ("Letters", "Mail")),
        unique_name=random.choice(("mail", "letters", "Voice", "e-mail", "1st")),
        channel_optimized_routing=random.random() < 0.5,
    )


def update_task_channel(random: Random, world: World) -> ask.Command:
    return ask.UpdateTaskChannel(
        task_channel=task_channel(random, world),
        friendly_name=seldom(random, 0.3, lambda: name(random, ("Letters", "Mail"))),
        channel_optimized_routing=seldom(random, 0.8, lambda: random.random() < 0.6),
    )


def delete_task_channel(random: Random, world: World) -> ask.Command:
    return ask.DeleteTaskChannel(task_channel=task_channel(random, world))


# --- queues and workflows ---


def target_workers(random: Random) -> str:
    if random.random() < 0.05:
        return random.choice((*say.MALFORMED, "", ""))
    text = say.text_of(random, say.ABOUT_WORKERS)
    return text.replace("team", "worker.team") if random.random() < 0.1 else text


def queue_activity(random: Random, world: World) -> str | None:
    return seldom(random, 0.4, lambda: one_of(random, world.activities, "WA"), None)


def create_task_queue(random: Random, world: World) -> ask.Command:
    return ask.CreateTaskQueue(
        friendly_name=name(random, ("Sales", "Help", "Night")),
        target_workers=target_workers(random),
        max_reserved_workers=random.choice((1, 1, 2, 3)),
        task_order=random.choice(("FIFO", "FIFO", "LIFO")),
        reservation_activity_sid=queue_activity(random, world),
        assignment_activity_sid=queue_activity(random, world),
    )


def update_task_queue(random: Random, world: World) -> ask.Command:
    sid = one_of(random, world.task_queues, "WQ")
    return ask.UpdateTaskQueue(
        task_queue_sid=sid,
        friendly_name=seldom(random, 0.1, lambda: name(random, ("Sales", "Help"))),
        target_workers=seldom(random, 0.6, lambda: target_workers(random)),
        max_reserved_workers=seldom(random, 0.3, lambda: rarely_bad(random, (1, 2, 3), (0, 51))),
        task_order=seldom(random, 0.3, lambda: rarely_bad(random, ("FIFO", "LIFO"), ("fifo",))),
        reservation_activity_sid=seldom(random, 0.2, lambda: queue_activity(random, world)),
        assignment_activity_sid=seldom(random, 0.2, lambda: queue_activity(random, world)),
        expected_version=version_of(random, world.task_queues, sid),
    )


def delete_task_queue(random: Random, world: World) -> ask.Command:
    sid = one_of(random, world.task_queues, "WQ")
    return ask.DeleteTaskQueue(
        task_queue_sid=sid, expected_version=version_of(random, world.task_queues, sid)
    )


def configuration(random: Random, world: World) -> str:
    if random.random() < 0.03:
        return random.choice(("", "{}", "[]", '{"task_routing":{}}', '{"task_routing":'))
    queues = list(world.task_queues) or [nobody("WQ")]
    return say.configuration(random, queues, list(world.workers))


def reservation_timeout_s(random: Random) -> int:
    return rarely_bad(random, (1, 3, 5, 10, 10, 30, 120), (0, 86_401))


def create_workflow(random: Random, world: World) -> ask.Command:
    return ask.CreateWorkflow(
        friendly_name=name(random, ("Main", "Side")),
        configuration=configuration(random, world),
        task_reservation_timeout_s=reservation_timeout_s(random),
    )


def update_workflow(random: Random, world: World) -> ask.Command:
    sid = one_of(random, world.workflows, "WW")
    return ask.UpdateWorkflow(
        workflow_sid=sid,
        friendly_name=seldom(random, 0.1, lambda: name(random, ("Main", "Side"))),
        configuration=seldom(random, 0.7, lambda: configuration(random, world)),
        task_reservation_timeout_s=seldom(random, 0.3, lambda: reservation_timeout_s(random)),
        re_evaluate_tasks=random.random() < 0.5,
        expected_version=version_of(random, world.workflows, sid),
    )


def delete_workflow(random: Random, world: World) -> ask.Command:
    sid = one_of(random, world.workflows, "WW")
    return ask.DeleteWorkflow(
        workflow_sid=sid, expected_version=version_of(random, world.workflows, sid)
    )


# --- workers ---


def worker_attributes(random: Random) -> str:
    if random.random() < 0.02:
        return random.choice(("[]", "7", "{", '{"a":"' + "x" * 4096 + '"}'))
    return say.worker_attributes(random)


def create_worker(random: Random, world: World) -> ask.Command:
    return ask.CreateWorker(
        friendly_name=name(random, say.WORKER_NAMES),
        activity_sid=seldom(random, 0.9, lambda: activity(random, world), None),
        attributes=worker_attributes(random),
    )


def update_worker(random: Random, world: World) -> ask.Command:
    sid = one_of(random, world.workers, "WK")
    wanted = seldom(random, 0.75, lambda: activity(random, world))
    rejects = False
    if wanted in world.activities and not world.activities[wanted].available:
        rejects = random.random() < 0.4
    elif random.random() < 0.02:
        rejects = True
    return ask.UpdateWorker(
        worker_sid=sid,
        friendly_name=seldom(random, 0.06, lambda: name(random, say.WORKER_NAMES)),
        activity_sid=wanted,
        attributes=seldom(random, 0.35, lambda: worker_attributes(random)),
        reject_pending_reservations=rejects,
        expected_version=version_of(random, world.workers, sid),
    )


def delete_worker(random: Random, world: World) -> ask.Command:
    sid = one_of(random, world.workers, "WK")
    return ask.DeleteWorker(worker_sid=sid, expected_version=version_of(random, world.workers, sid))


def update_worker_channel(random: Random, world: World) -> ask.Command:
    return ask.UpdateWorkerChannel(
        worker_sid=one_of(random, world.workers, "WK"),
        worker_channel=task_channel(random, world),
        capacity=seldom(random, 0.8, lambda: rarely_bad(random, (0, 1, 1, 2, 3, 3, 50), (51, -1))),
        available=seldom(random, 0.35, lambda: random.random() < 0.6),
    )


# --- tasks ---


def task_attributes(random: Random, world: World) -> str:
    if random.random() < 0.02:
        return random.choice(("[]", "null", "{", '{"a":"' + "x" * 4096 + '"}'))
    return say.task_attributes(random, list(world.workers))


def rank(random: Random) -> int:
    return rarely_bad(random, (0, 0, 1, 2, 5, 10, 2_147_483_647), (-1, 2_147_483_648))


def start_ms(random: Random, world: World) -> int:
    second_ms = world.now_ms // 1000 * 1000
    ago_ms = (0, 1000, 1000, 5000, 60_000, 3_000_000_000)
    return second_ms - rarely_bad(random, ago_ms, (-5000, 10**13))


def create_task(random: Random, world: World) -> ask.Command:
    route: dict[str, Any] = {}
    die = random.random()
    if die < 0.12:
        route["routing_target"] = one_of(random, world.workers, "WK")
        route["ignore_capacity"] = random.choice((None, True, False, False))
        if random.random() < 0.4:
            route["task_queue_sid"] = one_of(random, world.task_queues, "WQ")
        if random.random() < 0.3:
            route["workflow_sid"] = one_of(random, world.workflows, "WW")
    elif die < 0.22:
        route["routing_target"] = one_of(random, world.task_queues, "WQ")
        if random.random() < 0.3:
            route["workflow_sid"] = one_of(random, world.workflows, "WW")
    elif die < 0.27:
        route["routing_target"] = one_of(random, world.workflows, "WW")
    elif die < 0.95:
        route["workflow_sid"] = one_of(random, world.workflows, "WW")
    return ask.CreateTask(
        attributes=task_attributes(random, world),
        priority=seldom(random, 0.4, lambda: rank(random), None),
        timeout_s=rarely_bad(random, (5, 20, 60, 600, *[86_400] * 8), (0, 1_209_601)),
        task_channel=task_channel(random, world),
        virtual_start_ms=seldom(random, 0.25, lambda: start_ms(random, world), None),
        **route,
    )


def update_task(random: Random, world: World) -> ask.Command:
    sid = one_of(random, world.tasks, "WT")
    task = world.tasks.get(sid)
    waits = task is not None and task.status == "pending"
    return ask.UpdateTask(
        task_sid=sid,
        attributes=seldom(random, 0.6, lambda: task_attributes(random, world)),
        priority=seldom(random, 0.3, lambda: rank(random)),
        task_channel=seldom(random, 0.15 if waits else 0.01, lambda: task_channel(random, world)),
        virtual_start_ms=seldom(random, 0.1, lambda: start_ms(random, world)),
        expected_version=version_of(random, world.tasks, sid),
    )


ONWARD = {
    "pending": "canceled",
    "reserved": "canceled",
    "assigned": "completed",
    "wrapping": "completed",
}


def end_task(random: Random, world: World) -> ask.Command:
    sid = one_of(random, world.tasks, "WT")
    task = world.tasks.get(sid)
    likely = ONWARD.get(task.status if task else "", "canceled")
    return ask.UpdateTask(
        task_sid=sid,
        assignment_status=seldom(
            random,
            0.35,
            lambda: random.choice(
                ("canceled", "wrapping", "wrapping", "completed", "pending", "assigned", "done")
            ),
            likely,
        ),
        reason=seldom(random, 0.5, lambda: random.choice(("hangup", "done", ""))),
        attributes=seldom(random, 0.1, lambda: task_attributes(random, world)),
        priority=seldom(random, 0.05, lambda: rank(random)),
        expected_version=version_of(random, world.tasks, sid),
    )


def delete_task(random: Random, world: World) -> ask.Command:
    sid = one_of(random, world.tasks, "WT")
    return ask.DeleteTask(task_sid=sid, expected_version=version_of(random, world.tasks, sid))


# --- reservations ---


def reservation(random: Random, world: World, *statuses: str) -> str:
    """Mostly one that can be answered so, at times any."""
    fitting = {sid: one for sid, one in world.reservations.items() if one.status in statuses}
    some = fitting if fitting and random.random() < 0.93 else world.reservations
    return one_of(random, some, "WR")


def answer(random: Random, world: World) -> ask.Command:
    """What one of the reservations is most likely to hear next."""
    live = [one for one in world.reservations.values() if one.live]
    if not live:
        return create_task(random, world)
    likely = {
        "pending": (accept, accept, accept, reject, reject, redirect, withdraw, note),
        "accepted": (wrap, complete, complete),
        "wrapping": (complete,),
    }[random.choice(live).status]
    maker = random.choice(
        (accept, reject, redirect, withdraw, note, wrap, complete)
        if random.random() < 0.06
        else likely
    )
    return maker(random, world)


def answered(random: Random, world: World, sid: str, **more: Any) -> dict[str, Any]:
    return {
        "reservation_sid": sid,
        "expected_version": version_of(random, world.reservations, sid),
        **more,
    }


def accept(random: Random, world: World) -> ask.Command:
    sid = reservation(random, world, "pending")
    post_work = seldom(random, 0.15, lambda: activity(random, world), None)
    return ask.AcceptReservation(**answered(random, world, sid, post_work_activity_sid=post_work))


def reject(random: Random, world: World) -> ask.Command:
    sid = reservation(random, world, "pending")
    turns_to = seldom(random, 0.3, lambda: activity(random, world), None)
    return ask.RejectReservation(**answered(random, world, sid, worker_activity_sid=turns_to))


def redirect(random: Random, world: World) -> ask.Command:
    sid = reservation(random, world, "pending")
    fields: dict[str, Any] = {"call_sid": "CA" + "0" * 32, "accept": random.random() < 0.7}
    if random.random() < 0.9:
        fields["url"] = "https://example.com/twiml"
    return ask.InstructReservation(
        **answered(random, world, sid, instruction="redirect", fields=fields)
    )


def withdraw(random: Random, world: World) -> ask.Command:
    return ask.CancelReservation(reservation_sid=reservation(random, world, "pending"))


def note(random: Random, world: World) -> ask.Command:
    return ask.NoteCallbackDone(reservation_sid=reservation(random, world, "pending"))


def wrap(random: Random, world: World) -> ask.Command:
    return ask.WrapReservation(**answered(random, world, reservation(random, world, "accepted")))


def complete(random: Random, world: World) -> ask.Command:
    sid = reservation(random, world, "accepted", "wrapping")
    return ask.CompleteReservation(**answered(random, world, sid))


# --- transfers ---


def initiate_transfer(random: Random, world: World) -> ask.Command:
    sid = reservation(random, world, "accepted")
    held = world.reservations.get(sid)
    if random.random() < 0.5:
        to = one_of(random, world.workers, "WK")
    else:
        to = one_of(random, world.task_queues, "WQ")
    return ask.InitiateTransfer(
        reservation_sid=sid,
        to=to,
        mode=rarely_bad(random, ("WARM", "COLD"), ("warm", "")),
        attributes=seldom(random, 0.2, lambda: task_attributes(random, world)),
        priority=seldom(random, 0.2, lambda: rank(random)),
        task_sid=seldom(random, 0.1, lambda: one_of(random, world.tasks, "WT"), None),
        worker_sid=held.worker_sid if held and random.random() < 0.3 else None,
    )


def cancel_transfer(random: Random, world: World) -> ask.Command:
    running = {sid: one for sid, one in world.transfers.items() if one.status == "initiated"}
    some = running if running and random.random() < 0.8 else world.transfers
    return ask.CancelTransfer(
        transfer_sid=one_of(random, some, "TT"),
        task_sid=seldom(random, 0.1, lambda: one_of(random, world.tasks, "WT"), None),
        worker_sid=seldom(random, 0.1, lambda: one_of(random, world.workers, "WK"), None),
    )


def transfer(random: Random, world: World) -> ask.Command:
    """Mostly something that can be done; where nobody has a task, somebody may come to have one."""
    accepted = any(one.status == "accepted" for one in world.reservations.values())
    if not accepted and random.random() < 0.9:
        return answer(random, world)
    if any(one.status == "initiated" for one in world.transfers.values()):
        likely = (cancel_transfer, accept, accept, accept, reject, withdraw, initiate_transfer)
        return random.choice(likely)(random, world)
    return initiate_transfer(random, world)


FURNISH: dict[Maker, float] = {
    update_workspace: 2,
    create_activity: 0.4,
    update_activity: 0.6,
    delete_activity: 0.6,
    create_task_channel: 0.6,
    update_task_channel: 0.8,
    delete_task_channel: 1,
    create_task_queue: 1,
    update_task_queue: 4,
    delete_task_queue: 0.5,
    create_workflow: 0.7,
    update_workflow: 4,
    delete_workflow: 0.3,
}
STAFF: dict[Maker, float] = {
    create_worker: 3,
    update_worker: 14,
    delete_worker: 1,
    update_worker_channel: 6,
}
TASKS: dict[Maker, float] = {create_task: 34, update_task: 12, end_task: 6, delete_task: 1.5}
ANSWERS: dict[Maker, float] = {answer: 1}
TRANSFERS: dict[Maker, float] = {transfer: 1}
EVERYTHING = FURNISH | STAFF | TASKS | {answer: 40, transfer: 12}
HANDING_ON: dict[Maker, float] = {
    create_task: 14,
    update_task: 5,
    end_task: 2,
    delete_task: 1,
    accept: 25,
    answer: 20,
    transfer: 45,
    update_worker: 8,
    delete_worker: 1,
    update_worker_channel: 8,
    update_workspace: 0.5,
    update_task_queue: 1,
    delete_task_queue: 0.5,
    update_workflow: 1,
    delete_workflow: 0.3,
}
"""Few tasks, and those often in several hands."""


def next_command(random: Random, world: World, makers: dict[Maker, float]) -> ask.Command:
    (maker,) = random.choices(list(makers), weights=list(makers.values()))
    return maker(random, world)


def opening(random: Random) -> list[Maker]:
    """What furnishes a workspace before anything happens in it."""
    return [
        *[create_activity] * random.choice((0, 1, 2)),
        *[create_task_queue] * random.choice((1, 2, 3, 4)),
        *[create_worker] * random.choice((2, 3, 3, 4, 5, 6)),
        *[update_worker_channel] * random.choice((0, 2, 4)),
        *[create_workflow] * random.choice((1, 2, 3)),
    ]


def next_instant(random: Random, world: World, deadline_ms: int | None) -> int:
    """Later: a little, a good while, or just when something is due."""
    now_ms = world.now_ms
    near = deadline_ms is not None and deadline_ms < now_ms + 400_000
    die = random.random()
    if deadline_ms is not None and die < (0.4 if near else 0.02):
        return max(now_ms, deadline_ms - (1 if die < 0.05 else 0))
    if die < 0.85:
        return now_ms + random.choice((1, 7, 250, 999, 1000))
    if die < 0.95:
        return now_ms + random.randint(1000, 20_000)
    if die < 0.985:
        return (now_ms // 60_000 + 1) * 60_000
    return now_ms + random.choice((61_000, 300_000, 300_000, 3_600_000, 86_400_000))
