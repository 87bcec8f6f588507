"""Stories of one workspace in the words of the domain: what is done, and what must have happened.

A story is told to a real machine whose time and SIDs are its own. Names stand for SIDs everywhere:
what a name does not stand for is passed on as it is, so that a wrong SID can be written too. What
is `expect`ed is looked for among the events of the last thing done, in their order; events that are
shown to nobody (`taskyard.…`) are skipped.

Every event is also folded into a second state beside the machine's, so that each story proves on
the way that statuses follow their tables, and at its end that a replay knows what the machine knows
(`told`).
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Generic, Self, TypeVar

import msgspec
import pytest

from snapshot_trip import restored, resumed
from taskyard.core import lifecycles
from taskyard.core.commands import (
    AcceptReservation,
    CancelReservation,
    CancelTransfer,
    Command,
    CompleteReservation,
    CreateActivity,
    CreateTask,
    CreateTaskChannel,
    CreateTaskQueue,
    CreateWorker,
    CreateWorkflow,
    CreateWorkspace,
    DeleteActivity,
    DeleteTask,
    DeleteTaskChannel,
    DeleteTaskQueue,
    DeleteWorker,
    DeleteWorkflow,
    DeleteWorkspace,
    InitiateTransfer,
    RejectReservation,
    UpdateActivity,
    UpdateTask,
    UpdateTaskChannel,
    UpdateTaskQueue,
    UpdateWorker,
    UpdateWorkerChannel,
    UpdateWorkflow,
    UpdateWorkspace,
    WrapReservation,
)
from taskyard.core.errors import Refusal
from taskyard.core.event_details import EventDetails
from taskyard.core.events import Event, ReservationCreated
from taskyard.core.ids import counting_mint
from taskyard.core.limits import Limits
from taskyard.core.machine import Machine
from taskyard.core.model import (
    Activity,
    Reservation,
    Task,
    TaskChannel,
    TaskQueue,
    Transfer,
    Worker,
    WorkerChannel,
    Workflow,
)
from taskyard.core.state import State

MONDAY_NINE_MS = 1_767_603_600_000
"""Monday, 5 January 2026, 09:00:00 UTC: when stories begin."""

ACCOUNT = "AC" + "a" * 32

_KINDS = {
    "task_sid": ("task", "WT"),
    "worker_sid": ("worker", "WK"),
    "task_queue_sid": ("queue", "WQ"),
    "previous_task_queue_sid": ("previous_queue", "WQ"),
    "workflow_sid": ("workflow", "WW"),
    "activity_sid": ("activity", "WA"),
    "task_channel_sid": ("channel", "TC"),
}
_NAMED_BY = {
    "activity.created": ("activity_sid", "friendly_name"),
    "activity.updated": ("activity_sid", "friendly_name"),
    "task-channel.created": ("task_channel_sid", "unique_name"),
    "task-queue.created": ("task_queue_sid", "friendly_name"),
    "taskyard.task-queue.updated": ("task_queue_sid", "friendly_name"),
    "workflow.created": ("workflow_sid", "friendly_name"),
    "workflow.updated": ("workflow_sid", "friendly_name"),
    "worker.created": ("worker_sid", "friendly_name"),
    "worker.attributes.update": ("worker_sid", "friendly_name"),
}
_NOUNS = (
    "activities",
    "task_channels",
    "task_queues",
    "workflows",
    "workers",
    "tasks",
    "reservations",
    "transfers",
)

_T = TypeVar("_T")


def step(queue: str | None = None, **keys: Any) -> dict[str, Any]:
    """A target of a workflow: the name of its task queue, and the keys of the document."""
    return keys if queue is None else {"queue": queue, **keys}


def rule(expression: str, *targets: dict[str, Any] | str, **keys: Any) -> dict[str, Any]:
    """A filter of a workflow; a target that is a text alone is the name of a task queue."""
    steps = [step(target) if isinstance(target, str) else target for target in targets]
    return {"expression": expression, "targets": steps, **keys}


def tag(event: Event) -> str:
    return str(event.__struct_config__.tag)


def canonical(state: State) -> bytes:
    """All that a state knows, in the order in which it came."""
    everything = {noun: list(getattr(state, noun).items()) for noun in _NOUNS}
    workspace = state.workspace if state.created else None
    made = (state.workers_made, state.tasks_made, state.reservations_made)
    finished = (list(state.finished), list(state.finished_ms))
    counts = (state.online_workers, finished, sorted(state.worker_by_name.items()))
    return msgspec.json.encode((workspace, everything, made, counts))


class Named(Generic[_T]):
    """Things of one kind by their name in the story."""

    def __init__(self, look_up: Callable[[str], _T]) -> None:
        self._look_up = look_up

    def __getitem__(self, name: str) -> _T:
        return self._look_up(name)


class Story:
    told: list[Story] | None = None
    """The stories of one test, for whoever wants to judge them when it is over."""

    def __init__(
        self,
        *,
        reservation_timeout_s: int = 120,
        multi_tasking: bool = True,
        queue_order: str = "FIFO",
        template: str = "NONE",
        limits: Limits | None = None,
        start_ms: int = MONDAY_NINE_MS,
    ) -> None:
        self.now_ms = start_ms
        self.reservation_timeout_s = reservation_timeout_s
        self.limits = limits or Limits()
        self._mint = counting_mint()
        self.machine = Machine(mint=self._mint, limits=self.limits, witnessed=True)
        self.shadow = State()
        self.history: list[tuple[int, list[Event]]] = []
        self.details: list[list[EventDetails | None]] = []
        self.latest: list[Event] = []
        self._read = 0
        self._sids: dict[tuple[str, str], str] = {}
        self._names: dict[str, str] = {}
        self._offers: dict[str, tuple[str, str]] = {}
        if Story.told is not None:
            Story.told.append(self)
        self.ask(
            CreateWorkspace(
                account_sid=ACCOUNT,
                friendly_name="story",
                multi_task_enabled=multi_tasking,
                prioritize_queue_order=queue_order,
                template=template,
            )
        )

    # --- who is there ---

    def activity(self, name: str, *, available: bool = False) -> Self:
        self.ask(CreateActivity(friendly_name=name, available=available))
        return self

    def task_channel(self, name: str, **keys: Any) -> Self:
        keys.setdefault("friendly_name", name)
        self.ask(CreateTaskChannel(unique_name=name, **keys))
        return self

    def queue(
        self,
        name: str,
        target_workers: str = "1==1",
        *,
        reservation_activity: str | None = None,
        assignment_activity: str | None = None,
        **keys: Any,
    ) -> Self:
        self.ask(
            CreateTaskQueue(
                friendly_name=name,
                target_workers=target_workers,
                reservation_activity_sid=self._maybe("WA", reservation_activity),
                assignment_activity_sid=self._maybe("WA", assignment_activity),
                **keys,
            )
        )
        return self

    def workflow(
        self,
        name: str,
        *rules: dict[str, Any],
        default: str | dict[str, Any] | None = None,
        document: str | None = None,
        reservation_timeout_s: int | None = None,
    ) -> Self:
        self.ask(
            CreateWorkflow(
                friendly_name=name,
                configuration=document or self.document(*rules, default=default),
                task_reservation_timeout_s=(
                    self.reservation_timeout_s
                    if reservation_timeout_s is None
                    else reservation_timeout_s
                ),
            )
        )
        return self

    def document(self, *rules: dict[str, Any], default: str | dict[str, Any] | None = None) -> str:
        """A Configuration, with SIDs in place of the names of task queues."""
        routing: dict[str, Any] = {"filters": [self._rule_with_sids(one) for one in rules]}
        if default is not None:
            target = step(default) if isinstance(default, str) else default
            routing["default_filter"] = self._target_with_sid(target)
        return json.dumps({"task_routing": routing}, separators=(",", ":"))

    def worker(
        self,
        name: str,
        attributes: dict[str, Any] | str | None = None,
        *,
        activity: str | None = "Available",
        **capacities: int,
    ) -> Self:
        """Somebody who takes tasks, available unless it is said otherwise."""
        self.ask(
            CreateWorker(
                friendly_name=name,
                activity_sid=self._maybe("WA", activity),
                attributes=_json(attributes or {}),
            )
        )
        for channel, capacity in capacities.items():
            self.worker_channel(name, channel, capacity=capacity)
        return self

    def task(
        self,
        name: str,
        attributes: dict[str, Any] | str | None = None,
        *,
        workflow: str | None = None,
        channel: str | None = None,
        to: str | None = None,
        queue: str | None = None,
        **keys: Any,
    ) -> Self:
        """A piece of work. Without any workflow in the story there is one for everybody."""
        if workflow is None and to is None and not self.state.workflows:
            self._furnish()
        if channel is not None:
            keys["task_channel"] = self._sid("TC", channel)
        sid = self.ask(
            CreateTask(
                attributes=_json(attributes or {}),
                workflow_sid=self._maybe("WW", workflow),
                routing_target=None if to is None else self._target_sid(to),
                task_queue_sid=self._maybe("WQ", queue),
                **keys,
            )
        )
        self._names[sid] = name
        self._sids["WT", name] = sid
        return self

    # --- what is done ---

    def ask(self, command: Command) -> str:
        """Do what has no word of its own here."""
        self._begin()
        try:
            decided = self.machine.handle(command, self.now_ms)
        except Refusal as refusal:
            self._hear(list(refusal.happened_before))
            raise
        self._hear(decided.events)
        return decided.sid

    def advance(self, *, ms: int = 0, s: int = 0, minutes: int = 0) -> Self:
        """Let time pass; whatever is due on the way happens at its own instant."""
        self._begin()
        until_ms = self.now_ms + ms + 1000 * s + 60_000 * minutes
        deadline_ms = self.machine.next_deadline_ms()
        while deadline_ms is not None and deadline_ms <= until_ms:
            self.now_ms = max(self.now_ms, deadline_ms)
            self._hear(self.machine.advance(self.now_ms))
            deadline_ms = self.machine.next_deadline_ms()
        self.now_ms = until_ms
        return self

    def let_pass(self, *, ms: int = 0, s: int = 0) -> Self:
        """Let time pass without anybody looking: what is due meets the next command."""
        self.now_ms += ms + 1000 * s
        return self

    def accept(self, worker: str, task: str | None = None, **keys: Any) -> Self:
        post_work = self._maybe("WA", keys.pop("post_work", None))
        sid = self._offer_sid(worker, task)
        self.ask(AcceptReservation(reservation_sid=sid, post_work_activity_sid=post_work, **keys))
        return self

    def reject(
        self, worker: str, task: str | None = None, *, activity: str | None = None, **keys: Any
    ) -> Self:
        sid = self._offer_sid(worker, task)
        activity_sid = self._maybe("WA", activity)
        self.ask(RejectReservation(reservation_sid=sid, worker_activity_sid=activity_sid, **keys))
        return self

    def withdraw(self, worker: str, task: str | None = None) -> Self:
        """Nobody could be asked about an offer."""
        self.ask(CancelReservation(reservation_sid=self._offer_sid(worker, task)))
        return self

    def wrap(self, worker: str, task: str | None = None, **keys: Any) -> Self:
        self.ask(WrapReservation(reservation_sid=self._offer_sid(worker, task), **keys))
        return self

    def complete(self, worker: str, task: str | None = None, **keys: Any) -> Self:
        self.ask(CompleteReservation(reservation_sid=self._offer_sid(worker, task), **keys))
        return self

    def transfer(
        self,
        worker: str,
        to: str,
        mode: str = "WARM",
        *,
        task: str | None = None,
        attributes: dict[str, Any] | str | None = None,
        **keys: Any,
    ) -> Self:
        """A worker hands a task on, to another or to a task queue."""
        if attributes is not None:
            keys["attributes"] = _json(attributes)
        sid = self._offer_sid(worker, task)
        to_sid = self._target_sid(to)
        self.ask(InitiateTransfer(reservation_sid=sid, to=to_sid, mode=mode, **keys))
        return self

    def cancel_transfer(self, task: str, **keys: Any) -> Self:
        self.ask(CancelTransfer(transfer_sid=self.last_transfer(task).sid, **keys))
        return self

    def update_task(
        self,
        name: str,
        attributes: dict[str, Any] | str | None = None,
        *,
        status: str | None = None,
        channel: str | None = None,
        **keys: Any,
    ) -> Self:
        if attributes is not None:
            keys["attributes"] = _json(attributes)
        if status is not None:
            keys["assignment_status"] = status
        if channel is not None:
            keys["task_channel"] = self._sid("TC", channel)
        self.ask(UpdateTask(task_sid=self._sid("WT", name), **keys))
        return self

    def cancel(self, task: str, **keys: Any) -> Self:
        return self.update_task(task, status="canceled", **keys)

    def wrap_task(self, task: str, **keys: Any) -> Self:
        return self.update_task(task, status="wrapping", **keys)

    def complete_task(self, task: str, **keys: Any) -> Self:
        return self.update_task(task, status="completed", **keys)

    def delete_task(self, name: str, **keys: Any) -> Self:
        self.ask(DeleteTask(task_sid=self._sid("WT", name), **keys))
        return self

    def update_worker(
        self,
        name: str,
        attributes: dict[str, Any] | str | None = None,
        *,
        activity: str | None = None,
        rename: str | None = None,
        **keys: Any,
    ) -> Self:
        if attributes is not None:
            keys["attributes"] = _json(attributes)
        if activity is not None:
            keys["activity_sid"] = self._sid("WA", activity)
        if rename is not None:
            keys["friendly_name"] = rename
        self.ask(UpdateWorker(worker_sid=self._sid("WK", name), **keys))
        return self

    def goes(self, worker: str, activity: str, **keys: Any) -> Self:
        """A worker does something else."""
        return self.update_worker(worker, activity=activity, **keys)

    def worker_channel(self, worker: str, channel: str, **keys: Any) -> Self:
        self.ask(
            UpdateWorkerChannel(worker_sid=self._sid("WK", worker), worker_channel=channel, **keys)
        )
        return self

    def delete_worker(self, name: str, **keys: Any) -> Self:
        self.ask(DeleteWorker(worker_sid=self._sid("WK", name), **keys))
        return self

    def update_queue(self, name: str, **keys: Any) -> Self:
        for which in ("reservation_activity", "assignment_activity"):
            if which in keys:
                keys[which + "_sid"] = self._maybe("WA", keys.pop(which))
        self.ask(UpdateTaskQueue(task_queue_sid=self._sid("WQ", name), **keys))
        return self

    def delete_queue(self, name: str, **keys: Any) -> Self:
        self.ask(DeleteTaskQueue(task_queue_sid=self._sid("WQ", name), **keys))
        return self

    def update_workflow(
        self,
        name: str,
        *rules: dict[str, Any],
        default: str | dict[str, Any] | None = None,
        re_evaluate: bool = False,
        **keys: Any,
    ) -> Self:
        if rules or default is not None:
            keys["configuration"] = self.document(*rules, default=default)
        sid = self._sid("WW", name)
        self.ask(UpdateWorkflow(workflow_sid=sid, re_evaluate_tasks=re_evaluate, **keys))
        return self

    def delete_workflow(self, name: str, **keys: Any) -> Self:
        self.ask(DeleteWorkflow(workflow_sid=self._sid("WW", name), **keys))
        return self

    def update_activity(self, name: str, **keys: Any) -> Self:
        self.ask(UpdateActivity(activity_sid=self._sid("WA", name), **keys))
        return self

    def delete_activity(self, name: str) -> Self:
        self.ask(DeleteActivity(activity_sid=self._sid("WA", name)))
        return self

    def update_task_channel(self, name: str, **keys: Any) -> Self:
        self.ask(UpdateTaskChannel(task_channel=name, **keys))
        return self

    def delete_task_channel(self, name: str) -> Self:
        self.ask(DeleteTaskChannel(task_channel=name))
        return self

    def update_workspace(self, **keys: Any) -> Self:
        for which in ("default_activity", "timeout_activity"):
            if which in keys:
                keys[which + "_sid"] = self._sid("WA", keys.pop(which))
        self.ask(UpdateWorkspace(**keys))
        return self

    def delete_workspace(self) -> Self:
        self.ask(DeleteWorkspace())
        return self

    def restart(self) -> Self:
        """Forget everything and read the journal; what that leads to at once is the latest."""
        self._begin()
        self.machine = self._replayed()
        self._hear(self.machine.advance(self.now_ms))
        return self

    # --- what must have happened ---

    def expect(self, kind: str, **facts: Any) -> Self:
        """The next event of this kind and these facts, behind those expected before."""
        for at in range(self._read, len(self.latest)):
            event = self.latest[at]
            seen = self._facts(event)
            if tag(event) == kind and all(seen.get(key) == facts[key] for key in facts):
                self._read = at + 1
                return self
        wanted = " ".join([kind, *(f"{key}={value}" for key, value in facts.items())])
        raise AssertionError(f"expected {wanted}\nafter that came:\n{self._lines(self._read)}")

    def expect_events(self, *kinds: str) -> Self:
        """Exactly these, in this order."""
        seen = [tag(event) for event in self.public]
        assert seen == list(kinds), f"expected {list(kinds)}, but there were:\n{self._lines(0)}"
        self._read = len(self.latest)
        return self

    def expect_nothing(self) -> Self:
        """No further event."""
        rest = [e for e in self.latest[self._read :] if not tag(e).startswith("taskyard.")]
        assert not rest, f"expected nothing more, but there came:\n{self._lines(self._read)}"
        return self

    def expect_no(self, *kinds: str) -> Self:
        """None of these, whatever else."""
        seen = {tag(event) for event in self.latest}
        assert not seen & set(kinds), f"expected no {kinds}, but there were:\n{self._lines(0)}"
        return self

    def expect_offers(self, *pairs: tuple[str, str]) -> Self:
        """Exactly these offers of a task to a worker, in this order."""
        offers = [
            (self._name(event.task_sid), self._name(event.worker_sid))
            for event in self.latest
            if isinstance(event, ReservationCreated)
        ]
        assert offers == list(pairs), f"expected {list(pairs)}, but there were {offers}"
        return self

    @contextmanager
    def refuses(
        self, refusal: type[Refusal], match: str = ""
    ) -> Iterator[pytest.ExceptionInfo[Refusal]]:
        """What is done inside is refused in one clear line, and nothing has changed."""
        before = self._everything()
        with pytest.raises(Refusal) as caught:
            yield caught
        text = str(caught.value)
        assert caught.type is refusal, f"refused as {caught.type.__name__}: {text}"
        assert re.search(match, text), f"expected {match!r} in {text!r}"
        assert text.strip(), "a refusal says why"
        assert text.isprintable(), f"more than one line: {text!r}"
        assert self._everything() == before, "a refusal has changed something"

    # --- how things stand ---

    @property
    def state(self) -> State:
        return self.machine.state

    @property
    def public(self) -> list[Event]:
        """The events of the last thing done that others may see."""
        return [event for event in self.latest if not tag(event).startswith("taskyard.")]

    @property
    def tasks(self) -> Named[Task]:
        return Named(lambda name: self.state.tasks[self._sid("WT", name)])

    @property
    def workers(self) -> Named[Worker]:
        return Named(lambda name: self.state.workers[self._sid("WK", name)])

    @property
    def queues(self) -> Named[TaskQueue]:
        return Named(lambda name: self.state.task_queues[self._sid("WQ", name)])

    @property
    def workflows(self) -> Named[Workflow]:
        return Named(lambda name: self.state.workflows[self._sid("WW", name)])

    @property
    def activities(self) -> Named[Activity]:
        return Named(lambda name: self.state.activities[self._sid("WA", name)])

    @property
    def task_channels(self) -> Named[TaskChannel]:
        return Named(lambda name: self.state.task_channels[self._sid("TC", name)])

    def channel(self, worker: str, task_channel: str = "default") -> WorkerChannel:
        return self.workers[worker].channels[self._sid("TC", task_channel)]

    def reservation(self, worker: str, task: str | None = None) -> Reservation:
        """The last offer of the task, or of any, to the worker."""
        return self.state.reservations[self._offer_sid(worker, task)]

    def last_transfer(self, task: str) -> Transfer:
        return self.state.transfers_of[self._sid("WT", task)][-1]

    def sid(self, prefix: str, name: str) -> str:
        return self._sids[prefix, name]

    def queue_of(self, task: str) -> str | None:
        sid = self.tasks[task].task_queue_sid
        return None if sid is None else self._name(sid)

    def activity_of(self, worker: str) -> str:
        return self.state.activities[self.workers[worker].activity_sid].friendly_name

    def offered(self, task: str) -> list[str]:
        """The workers who are to answer, in the order in which they were asked."""
        reservations = [self.state.reservations[sid] for sid in self.tasks[task].reservations]
        return [self._name(one.worker_sid) for one in reservations if one.status == "pending"]

    def exists(self, task: str) -> bool:
        return self._sid("WT", task) in self.state.tasks

    def queues_walked(self) -> list[str]:
        """The names of the task queues entered by what was done last."""
        entered = [event for event in self.latest if tag(event) == "task-queue.entered"]
        return [self._facts(event)["queue"] for event in entered]

    def details_of(self, kind: str) -> EventDetails:
        """What the one event of this kind, of what was done last, was about."""
        found = [
            details
            for event, details in zip(self.history[-1][1], self.details[-1], strict=True)
            if tag(event) == kind
        ]
        assert len(found) == 1, f"{len(found)} events are {kind}:\n{self._lines(0)}"
        assert found[0] is not None
        return found[0]

    # --- the second state ---

    def judge(self) -> None:
        """See that a replay, and a snapshot, know what the machine knows, with nothing to do."""
        assert canonical(self.shadow) == canonical(self.state)
        if self.state.deleted:
            restored(self.state)
            return
        # Clocks that came to nothing are dropped some at a time, and only those are asked for here.
        *_, deadline_ms = (self.machine.next_deadline_ms() for _ in range(20))
        if deadline_ms is not None and deadline_ms <= self.now_ms:
            return  # it ends in the middle of something
        for again in (self._replayed(), resumed(self.state, self._mint, self.limits)):
            found = [tag(event) for event in again.advance(self.now_ms)]
            # Finished tasks may be forgotten a moment earlier than they would have been.
            assert set(found) <= {"taskyard.tasks.forgotten"}, f"a restart finds to do: {found}"
            if not found:
                assert again.next_deadline_ms() == deadline_ms, "a restart has lost a deadline"

    def _everything(self) -> tuple[bytes, int | None, int]:
        machine = self.machine
        return canonical(machine.state), machine.next_deadline_ms(), machine.matcher.waiting

    def _replayed(self) -> Machine:
        machine = Machine(mint=self._mint, limits=self.limits, witnessed=True)
        for (now_ms, events), details in zip(self.history, self.details, strict=True):
            assert machine.replay_witnessed(events, now_ms) == details
        machine.resume()
        return machine

    def _begin(self) -> None:
        self.latest = []
        self._read = 0

    def _hear(self, events: list[Event]) -> None:
        self.latest.extend(events)
        self.history.append((self.now_ms, events))
        self.details.append(self.machine.take_details())
        for event in events:
            facts = msgspec.structs.asdict(event)
            if isinstance(event, ReservationCreated):
                self._offers[event.reservation_sid] = event.task_sid, event.worker_sid
            kind = _NAMED_BY.get(tag(event))
            if kind is not None:
                sid, name = facts[kind[0]], facts[kind[1]]
                self._names[sid] = name
                self._sids[sid[:2], name] = sid
            self._fold(event, facts)

    def _fold(self, event: Event, facts: dict[str, Any]) -> None:
        """Apply to the second state; whatever status that changes must be allowed to."""
        reservation = self.shadow.reservations.get(facts.get("reservation_sid", ""))
        task = self.shadow.tasks.get(
            reservation.task_sid if reservation else facts.get("task_sid", "")
        )
        before = task and task.status, reservation and reservation.status
        transfers = {sid: one.status for sid, one in self.shadow.transfers.items()}
        self.shadow.apply(event, self.now_ms)
        for sid, one in self.shadow.transfers.items():
            was = transfers.get(sid, one.status)
            assert one.status is was or one.status in lifecycles.TRANSFER[was], (tag(event), was)
        if task is not None and before[0] is not task.status:
            assert task.status in lifecycles.TASK[before[0]], (tag(event), before[0], task.status)
        if reservation is not None and before[1] is not reservation.status:
            after = reservation.status
            assert after in lifecycles.RESERVATION[before[1]], (tag(event), before[1], after)

    # --- names and SIDs ---

    def _sid(self, prefix: str, name: str) -> str:
        return self._sids.get((prefix, name), name)

    def _maybe(self, prefix: str, name: str | None) -> str | None:
        return None if name is None else self._sid(prefix, name)

    def _target_sid(self, name: str) -> str:
        found = [self._sids[p, name] for p in ("WK", "WQ", "WW") if (p, name) in self._sids]
        return found[0] if found else name

    def _offer_sid(self, worker: str, task: str | None) -> str:
        for sid, (task_sid, worker_sid) in reversed(self._offers.items()):
            if worker_sid == self._sid("WK", worker) and task in (None, self._name(task_sid)):
                return sid
        return worker

    def _name(self, sid: str) -> str:
        return self._names.get(sid, sid)

    def _rule_with_sids(self, one: dict[str, Any]) -> dict[str, Any]:
        return {**one, "targets": [self._target_with_sid(target) for target in one["targets"]]}

    def _target_with_sid(self, target: dict[str, Any]) -> dict[str, Any]:
        if "queue" not in target:
            return target
        return {**target, "queue": self._sid("WQ", target["queue"])}

    def _furnish(self) -> None:
        if not self.state.task_queues:
            self.queue("everyone")
        first = next(iter(self.state.task_queues))
        self.workflow("anyone", default=first)

    def _facts(self, event: Event) -> dict[str, Any]:
        facts = msgspec.structs.asdict(event)
        reservation_sid = facts.get("reservation_sid")
        if reservation_sid in self._offers:
            facts["task_sid"], facts["worker_sid"] = self._offers[reservation_sid]
        for field, (word, _) in _KINDS.items():
            if facts.get(field) is not None:
                facts[word] = self._name(facts[field])
        return facts

    def _lines(self, start: int) -> str:
        lines = []
        for event in self.latest[start:]:
            facts = self._facts(event)
            words = [f"{w}={facts[w]}" for w, _ in _KINDS.values() if w in facts]
            lines.append("  ".join(["  " + tag(event), *words]))
        return "\n".join(lines) or "  (nothing)"


def _json(value: dict[str, Any] | str) -> str:
    return value if isinstance(value, str) else json.dumps(value)
