"""What must hold in the core's own state, whatever has happened."""

from collections import Counter
from collections.abc import Sequence

from taskyard.core.events import Event, ReservationCreated
from taskyard.core.finished import FinishedReservation, FinishedTask
from taskyard.core.lifecycles import LIVE_RESERVATION
from taskyard.core.machine import Machine
from taskyard.core.model import ReservationStatus, TaskStatus

ACCEPTED = (ReservationStatus.ACCEPTED, ReservationStatus.WRAPPING)


def check(machine: Machine, events: Sequence[Event]) -> None:
    counters_equal_a_recount(machine)
    nobody_was_offered_more_than_fits(machine, events)
    statuses_agree(machine)


def counters_equal_a_recount(machine: Machine) -> None:
    state = machine.state
    used: Counter[tuple[str, str]] = Counter()
    assigned: Counter[tuple[str, str]] = Counter()
    for one in state.reservations.values():
        key = one.worker_sid, one.task_channel_sid
        used[key] += one.status in LIVE_RESERVATION
        assigned[key] += one.status is ReservationStatus.ACCEPTED
    for worker in state.workers.values():
        for sid, channel in worker.channels.items():
            assert channel.used == used[worker.sid, sid], (worker.sid, sid)
            assert channel.assigned == assigned[worker.sid, sid], (worker.sid, sid)
        live = {
            one.sid
            for one in state.reservations.values()
            if one.worker_sid == worker.sid and one.status in LIVE_RESERVATION
        }
        assert set(worker.reservations) == live, worker.sid


def nobody_was_offered_more_than_fits(machine: Machine, events: Sequence[Event]) -> None:
    """Offers come last in a command, so that what they were allowed to fill still stands."""
    state = machine.state
    for event in events:
        if not isinstance(event, ReservationCreated):
            continue
        if event.reservation_sid not in state.reservations or ignores(machine, event.task_sid):
            continue
        offer = state.reservations[event.reservation_sid]
        if state.tasks[offer.task_sid].ended:
            continue
        load = [
            state.reservations[sid]
            for sid in state.workers[event.worker_sid].reservations
            if not ignores(machine, state.reservations[sid].task_sid)
        ]
        if state.workspace.multi_task_enabled:
            channel = state.workers[event.worker_sid].channels[offer.task_channel_sid]
            on_it = [one for one in load if one.task_channel_sid == offer.task_channel_sid]
            assert len(on_it) <= channel.capacity, event
        else:
            assert len(load) == 1, event


def ignores(machine: Machine, task_sid: str) -> bool:
    return machine.state.tasks[task_sid].ignore_capacity


def statuses_agree(machine: Machine) -> None:
    state = machine.state
    for task in state.tasks.values():
        assert isinstance(task, FinishedTask) == task.ended, task.sid
        for sid in task.reservations:
            assert isinstance(state.reservations[sid], FinishedReservation) == task.ended, sid
        statuses = [state.reservations[sid].status for sid in task.reservations]
        accepted = sum(status in ACCEPTED for status in statuses)
        pending = sum(status is ReservationStatus.PENDING for status in statuses)
        assert accepted <= 1, task.sid
        assert task.open_reservations == pending, task.sid
        assert task.live_reservations == accepted, task.sid
        assert (pending > 0) == (task.status is TaskStatus.RESERVED), task.sid
        assert (accepted > 0) == (task.status in (TaskStatus.ASSIGNED, TaskStatus.WRAPPING))
    owned = [sid for task in state.tasks.values() for sid in task.reservations]
    assert sorted(owned) == sorted(state.reservations)
