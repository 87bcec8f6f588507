"""What must hold in the core's own state, whatever has happened."""

from collections import Counter
from collections.abc import Sequence

from taskyard.core.events import Event, ReservationCreated
from taskyard.core.finished import FinishedReservation, FinishedTask
from taskyard.core.ids import ReservationSid
from taskyard.core.lifecycles import LIVE_RESERVATION
from taskyard.core.machine import Machine
from taskyard.core.model import ReservationStatus, TaskStatus, TransferMode, TransferStatus

ACCEPTED = (ReservationStatus.ACCEPTED, ReservationStatus.WRAPPING)


def check(machine: Machine, events: Sequence[Event]) -> None:
    counters_equal_a_recount(machine)
    nobody_was_offered_more_than_fits(machine, events)
    statuses_agree(machine)
    task_queues_know_whom_they_hold(machine)


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
        if event.reservation_sid not in state.reservations:
            continue
        offer = state.reservations[event.reservation_sid]
        if ignores(machine, offer.sid):
            continue
        if state.tasks[offer.task_sid].ended:
            continue
        load = [
            state.reservations[sid]
            for sid in state.workers[event.worker_sid].reservations
            if not ignores(machine, sid)
        ]
        if state.workspace.multi_task_enabled:
            channel = state.workers[event.worker_sid].channels[offer.task_channel_sid]
            on_it = [one for one in load if one.task_channel_sid == offer.task_channel_sid]
            assert len(on_it) <= channel.capacity, event
        else:
            assert len(load) == 1, event


def ignores(machine: Machine, reservation_sid: ReservationSid) -> bool:
    """A transfer asks for room even where the task itself did not."""
    state = machine.state
    offer = state.reservations[reservation_sid]
    return state.tasks[offer.task_sid].ignore_capacity and state.transfer_of(offer) is None


def statuses_agree(machine: Machine) -> None:
    state = machine.state
    for task in state.tasks.values():
        assert isinstance(task, FinishedTask) == task.ended, task.sid
        for sid in task.reservations:
            assert isinstance(state.reservations[sid], FinishedReservation) == task.ended, sid
        statuses = [state.reservations[sid].status for sid in task.reservations]
        accepted = sum(status in ACCEPTED for status in statuses)
        pending = sum(status is ReservationStatus.PENDING for status in statuses)
        transfers = state.transfers_of.get(task.sid, [])
        running = [one for one in transfers if one.running]
        shared = sum(
            one.mode is TransferMode.WARM and one.status is TransferStatus.COMPLETE
            for one in transfers
        )
        assert accepted <= 1 + shared, task.sid
        assert task.transferring == bool(running), task.sid
        assert task.open_reservations == pending, task.sid
        assert task.live_reservations == accepted, task.sid
        assert (pending > 0) == (task.status is TaskStatus.RESERVED), task.sid
        taken = task.status in (TaskStatus.ASSIGNED, TaskStatus.WRAPPING)
        assert (accepted > 0) == (taken or bool(running)), task.sid
        for one in running:
            assert one is transfers[-1], task.sid
            initiating = state.reservations[one.initiating_reservation_sid]
            assert initiating.status is ReservationStatus.ACCEPTED, one.sid
        holders = [
            state.reservations[sid].worker_sid
            for sid in task.reservations
            if state.reservations[sid].status in ACCEPTED
        ]
        assert len(holders) == len(set(holders)), task.sid
    owned = [sid for task in state.tasks.values() for sid in task.reservations]
    assert sorted(owned) == sorted(state.reservations)
    owned_transfers = [one for some in state.transfers_of.values() for one in some]
    assert {one.sid: one for one in owned_transfers} == state.transfers
    assert set(state.transfers_of) <= set(state.tasks)


def task_queues_know_whom_they_hold(machine: Machine) -> None:
    """An unfinished task counts where it is, and where it goes back to if a transfer fails."""
    state = machine.state
    held: Counter[str] = Counter()
    for task in state.tasks.values():
        if not task.ended:
            running = state.running_transfer(task)
            back = running.initiating_task_queue_sid if running else None
            held.update({sid for sid in (task.task_queue_sid, back) if sid is not None})
    assert +Counter(state.unfinished_in_queue) == held
    follows: Counter[tuple[str, int]] = Counter()
    for task in state.tasks.values():
        if not task.ended and not task.live_reservations and task.workflow_sid is not None:
            follows[task.workflow_sid, task.workflow_version] += 1
    assert +Counter(state.routed_by) == follows
