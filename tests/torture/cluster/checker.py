"""The judge of a history: it knows what was promised, and nothing of how it is kept."""

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator

from .history import History, Operation, Told, View

PASSING = {409, 429, 503}
"""Statuses that say: not now."""
ENDS = {
    "reservation.rejected": "rejected",
    "reservation.timeout": "timeout",
    "reservation.canceled": "canceled",
    "reservation.rescinded": "rescinded",
    "reservation.completed": "completed",
}
STEPS = {
    "reservation.created": "pending",
    "reservation.accepted": "accepted",
    "reservation.wrapup": "wrapping",
    **ENDS,
}
BEFORE = {
    "pending": {None},
    "accepted": {"pending"},
    "wrapping": {"accepted"},
    "rejected": {"pending"},
    "timeout": {"pending"},
    "canceled": {"pending"},
    "rescinded": {"pending"},
    "completed": {"accepted", "wrapping"},
}
EVENT_OF = {
    "accepted": "reservation.accepted",
    "rejected": "reservation.rejected",
    "completed": "reservation.completed",
    "canceled": "task.canceled",
}
ASIDE = {"url", "links", "age"}
"""What depends on where and when it is asked."""


def problems(history: History) -> list[str]:
    """All that cannot be, one line each; of many alike the first few."""
    found: list[str] = list(unfit_statuses(history.operations))
    found += reads_that_forgot(history.operations)
    found += keys_with_two_answers(history.operations)
    for workspace, views in history.views.items():
        mine = [one for one in history.operations if one.workspace == workspace]
        found += disagreements(workspace, views)
        for node, view in views.items():
            where = f"{workspace} at {node}"
            found += (f"{where}: {what}" for what in broken_sequence(view.sequence))
            found += (f"{where}: {what}" for what in broken_lives(view.sequence))
            found += (f"{where}: {what}" for what in state_against_events(view))
            found += (f"{where}: {what}" for what in lost_commands(mine, view))
            found += (f"{where}: {what}" for what in repeated_effects(mine, view))
        found += unlike_what_was_followed(workspace, history.followed.get(workspace), views)
    return found


def unfit_statuses(operations: Iterable[Operation]) -> Iterator[str]:
    for one in operations:
        if one.status is None or one.is_done or one.status in PASSING:
            continue
        if one.status >= 500:
            yield f"{one.kind} of {one.subject} at {one.node}: {one.status} {one.body}"
        elif one.status == 404 and one.kind != "read":
            # Whoever acts on something has seen it, so that it was kept.
            yield f"{one.kind} of {one.subject} at {one.node}: it is gone: {one.body}"


def reads_that_forgot(operations: Iterable[Operation]) -> Iterator[str]:
    """A node shows what it has answered before to a request that had ended by then."""
    acknowledged: dict[tuple[str, str], list[Operation]] = defaultdict(list)
    reads: list[Operation] = []
    for one in operations:
        if one.kind == "read" and (one.is_done or one.status == 404):
            reads.append(one)
        if one.is_done and one.version is not None and one.body.get("sid", "")[:2] == "WT":
            acknowledged[one.node, one.body["sid"]].append(one)
    for read in reads:
        known = [
            one.version or 0
            for one in acknowledged[read.node, read.subject]
            if one.end_s < read.start_s
        ]
        if known and (read.version is None or read.version < max(known)):
            yield (
                f"read of {read.subject} at {read.node}: {read.status} version {read.version}, "
                f"after it had shown version {max(known)}"
            )


def keys_with_two_answers(operations: Iterable[Operation]) -> Iterator[str]:
    answers: dict[str, set[str]] = defaultdict(set)
    for one in operations:
        if one.key is not None and one.is_done:
            body = {name: value for name, value in one.body.items() if name not in ASIDE}
            answers[one.key].add(json.dumps(body, sort_keys=True))
    for key, bodies in answers.items():
        if len(bodies) > 1:
            yield f"key {key}: {len(bodies)} answers: {' / '.join(sorted(bodies))[:600]}"


def disagreements(workspace: str, views: dict[str, View]) -> Iterator[str]:
    (first, ours), *others = views.items()
    for node, theirs in others:
        for noun in ("tasks", "reservations", "workers"):
            left, right = plain(getattr(ours, noun)), plain(getattr(theirs, noun))
            unlike = sorted(
                sid for sid in left.keys() | right.keys() if left.get(sid) != right.get(sid)
            )
            if unlike:
                sid = unlike[0]
                yield (
                    f"{workspace}: {first} and {node} disagree on {len(unlike)} {noun}: "
                    f"{left.get(sid)} / {right.get(sid)}"
                )
        if ours.sequence != theirs.sequence:
            yield f"{workspace}: {first} and {node} tell {difference(ours, theirs)}"


def difference(ours: View, theirs: View) -> str:
    left, right = ours.sequence, theirs.sequence
    for one, other in zip(left, right, strict=False):
        if one != other:
            return f"{one} / {other}"
    return f"{len(left)} / {len(right)} events"


def plain(items: dict[str, dict[str, object]]) -> dict[str, dict[str, object]]:
    return {
        sid: {name: value for name, value in body.items() if name not in ASIDE}
        for sid, body in items.items()
    }


def broken_sequence(sequence: list[Told]) -> Iterator[str]:
    last = 0
    for one in sequence:
        if one.type == "taskyard.gap":
            yield f"a gap was told after place {last}"
        if one.place <= last:
            yield f"place {one.place} ({one.type}) was told after place {last}"
        last = one.place
    for sid, times in Counter(one.sid for one in sequence).items():
        if times > 1:
            yield f"event {sid} was told {times} times"


def broken_lives(sequence: list[Told]) -> Iterator[str]:
    """A missing event shows in what follows it, for lives have an order."""
    status: dict[str, str] = {}
    made: set[str] = set()
    ended: dict[str, str] = {}
    taken: dict[str, str] = {}
    for one in sequence:
        task = one.task
        if task is not None and one.type.split(".")[0] in ("task", "reservation"):
            if one.type == "task.created":
                if task in made:
                    yield f"task {task} was created twice"
                made.add(task)
            elif task not in made:
                yield f"task {task} has {one.type} before it was created"
            if one.type in ("task.completed", "task.canceled"):
                if task in ended:
                    yield f"task {task} has {one.type} after {ended[task]}"
                ended[task] = one.type
        if one.reservation is not None and one.type in STEPS:
            now, before = STEPS[one.type], status.get(one.reservation)
            if before not in BEFORE[now]:
                yield f"reservation {one.reservation} became {now} after {before}"
            status[one.reservation] = now
            if now == "accepted" and task is not None:
                if task in taken:
                    yield f"task {task} was accepted as {taken[task]} and as {one.reservation}"
                taken[task] = one.reservation


def state_against_events(view: View) -> Iterator[str]:
    reservations: dict[str, str] = {}
    of_task: dict[str, dict[str, str]] = defaultdict(dict)
    tasks: dict[str, str | None] = {}
    for one in view.sequence:
        if one.reservation is not None and one.type in STEPS:
            reservations[one.reservation] = STEPS[one.type]
            of_task[one.task or ""][one.reservation] = STEPS[one.type]
        if one.task is not None and one.type == "task.created":
            tasks[one.task] = None
        if one.task is not None and one.type in ("task.completed", "task.canceled"):
            tasks[one.task] = one.type.removeprefix("task.")
    shown = {sid: body["reservation_status"] for sid, body in view.reservations.items()}
    for sid in sorted(reservations.keys() | shown.keys()):
        if reservations.get(sid) != shown.get(sid):
            yield f"reservation {sid}: events say {reservations.get(sid)}, it is {shown.get(sid)}"
    expected = {sid: end or standing(of_task[sid].values()) for sid, end in tasks.items()}
    standings = {sid: body["assignment_status"] for sid, body in view.tasks.items()}
    for sid in sorted(expected.keys() | standings.keys()):
        if expected.get(sid) != standings.get(sid):
            yield f"task {sid}: events say {expected.get(sid)}, it is {standings.get(sid)}"


def standing(offers: Iterable[str]) -> str:
    statuses = set(offers)
    for of_reservation, of_task in (
        ("accepted", "assigned"),
        ("wrapping", "wrapping"),
        ("pending", "reserved"),
    ):
        if of_reservation in statuses:
            return of_task
    return "pending"


def lost_commands(operations: Iterable[Operation], view: View) -> Iterator[str]:
    told = {(one.type, one.task) for one in view.sequence if one.type.startswith("task.")}
    told |= {(one.type, one.reservation) for one in view.sequence}
    for one in operations:
        if not one.is_done:
            continue
        if one.kind == "create":
            sid = one.body["sid"]
            if sid not in view.tasks:
                yield f"task {sid} ({one.subject}) was acknowledged by {one.node} and is not there"
            elif tag_of(view.tasks[sid]) != one.subject:
                yield f"task {sid} was made for {one.subject}, and is {tag_of(view.tasks[sid])}"
            if ("task.created", sid) not in told:
                yield f"task {sid} ({one.subject}) was acknowledged, and no event tells of it"
        elif one.kind in EVENT_OF and (EVENT_OF[one.kind], one.subject) not in told:
            yield f"{one.subject} was acknowledged as {one.kind} by {one.node}: no event tells"


def repeated_effects(operations: Iterable[Operation], view: View) -> Iterator[str]:
    """What was asked once, or with one key, happened once at the most."""
    mine = list(operations)
    for tag, times in Counter(map(tag_of, view.tasks.values())).items():
        if times > 1:
            yield f"{times} tasks were made for {tag}"
    asked = {one.subject for one in mine if one.kind == "create"}
    for sid, body in view.tasks.items():
        if tag_of(body) not in asked:
            yield f"task {sid} was made for {tag_of(body)}, which nobody has asked for"
    kinds = {*EVENT_OF.values(), "task.created", "task.completed", *STEPS}
    subjects = Counter(
        (one.type, one.reservation if one.type in STEPS else one.task)
        for one in view.sequence
        if one.type in kinds
    )
    for (kind, subject), times in subjects.items():
        if times > 1:
            yield f"{subject} has {times} times {kind}"
    happened = set(subjects)
    for one in mine:
        # Everybody who answers this reservation does so with this key.
        if one.key is not None and one.is_refused and one.status not in PASSING:
            effect = (EVENT_OF.get(one.kind, ""), one.subject)
            if effect in happened:
                yield (
                    f"key {one.key}: {one.subject} is {one.kind}, and a repetition was "
                    f"refused: {one.status} {one.body.get('message')}"
                )


def tag_of(task: dict[str, str]) -> str:
    return str(json.loads(task["attributes"]).get("tag"))


def unlike_what_was_followed(
    workspace: str, heard: list[Told] | None, views: dict[str, View]
) -> Iterator[str]:
    """Who was there all the time heard neither more nor less than the nodes tell afterwards."""
    if heard is None:
        return
    yield from (f"{workspace} as it was followed: {what}" for what in broken_sequence(heard))
    if not heard:
        yield f"{workspace}: whoever followed it heard nothing"
        return
    for node, view in views.items():
        told = [one for one in view.sequence if one.place >= heard[0].place]
        if told != heard:
            missing = [one for one in told if one not in set(heard)]
            extra = [one for one in heard if one not in set(told)]
            yield (
                f"{workspace}: who followed it missed {len(missing)} events that {node} tells "
                f"and heard {len(extra)} others: {(missing + extra)[:2]}"
            )
