"""Reservations: what makes one, and the one end that each has."""

from __future__ import annotations

from typing import TYPE_CHECKING

from taskyard.core import events as happened
from taskyard.simulator.ordeal.nouns import Offer
from taskyard.simulator.ordeal.violation import expect

from .table import takes_down

if TYPE_CHECKING:
    from taskyard.simulator.ordeal.ledger import Ledger

TIMEOUT_S = 120
"""Of an offer of a task without a workflow."""


@takes_down(happened.ReservationCreated)
def _(ledger: Ledger, e: happened.ReservationCreated) -> None:
    told = f"reservation {e.reservation_sid} of task {e.task_sid} for worker {e.worker_sid}"
    expect(e.reservation_sid not in ledger.offers, f"{told} is made twice")
    job, person = ledger.jobs[e.task_sid], ledger.people[e.worker_sid]
    expect(job.status in ("pending", "reserved"), f"{told}: the task is {job.status}")
    ignores = job.ignores_capacity and job.transfer is None
    if not ignores:
        expect(ledger.activities[person.activity][1], f"{told}: they are in {person.activity}")
        expect(ledger.has_room(person, job.channel), f"{told}: they have no room")
    expect(ledger.qualifies(person, job), f"{told}: they are not one of those it waits for")
    beside = [ledger.offers[sid] for sid in [*ledger.asked(job), *ledger.holders(job)]]
    expect(all(one.worker != e.worker_sid for one in beside), f"{told}: they have it already")
    asked = [one for one in beside if one.status == "pending"]
    expect(all(one.created_ms == ledger.at_ms for one in asked), f"{told}: others are asked still")
    most = 1 if job.queue is None else ledger.queues[job.queue].max_reserved
    expect(len(asked) < most, f"{told}: {len(asked)} are asked already, at most {most} may be")
    flow = None if job.workflow is None else ledger.flows.get(job.workflow)
    timeout_s = TIMEOUT_S if flow is None else flow.timeout_s
    expires_ms = ledger.at_ms + timeout_s * 1000
    expect(e.expires_ms == expires_ms, f"{told} expires at {e.expires_ms}, not {expires_ms}")
    ledger.offers[e.reservation_sid] = Offer(
        task=e.task_sid,
        worker=e.worker_sid,
        channel=job.channel,
        created_ms=ledger.at_ms,
        expires_ms=expires_ms,
        ignores_capacity=ignores,
    )
    job.offers.append(e.reservation_sid)
    job.status = "reserved"
    person.live[e.reservation_sid] = None
    ledger.tallies.note("offered", ledger.at_ms, job, e.worker_sid)
    ledger.touch(e.reservation_sid, e.task_sid, e.worker_sid)


@takes_down(happened.ReservationAccepted)
def _(ledger: Ledger, e: happened.ReservationAccepted) -> None:
    sid = e.reservation_sid
    job = ledger.jobs[ledger.offers[sid].task]
    held = ledger.holders(job)
    expect(
        held if job.transfer else not held,
        f"reservation {sid} is accepted, transfer {job.transfer}, and {held} have been",
    )
    offer = ledger.close(sid, "accepted")
    expect(
        ledger.at_ms < offer.expires_ms,
        f"reservation {sid} is accepted at {ledger.at_ms}, and was open until {offer.expires_ms}",
    )
    again = job.assigned_ms is not None
    ledger.tallies.note("accepted again" if again else "accepted", ledger.at_ms, job, offer.worker)
    if job.transfer is not None:
        ledger.transfers[job.transfer].status = "complete"
        ledger.touch(job.transfer)
        job.transfer, job.came_from = None, (None, None)
    if job.assigned_ms is None:
        job.assigned_ms, job.deadline_ms = ledger.at_ms, None
    job.status = "assigned"


@takes_down(happened.ReservationRejected)
def _(ledger: Ledger, e: happened.ReservationRejected) -> None:
    ledger.unaccepted(e.reservation_sid, "rejected")


@takes_down(happened.ReservationTimeout)
def _(ledger: Ledger, e: happened.ReservationTimeout) -> None:
    offer = ledger.unaccepted(e.reservation_sid, "timeout")
    expect(
        ledger.at_ms >= offer.expires_ms,
        f"reservation {e.reservation_sid} times out {offer.expires_ms - ledger.at_ms} ms early",
    )


@takes_down(happened.ReservationCanceled)
def _(ledger: Ledger, e: happened.ReservationCanceled) -> None:
    ledger.unaccepted(e.reservation_sid, "canceled")


@takes_down(happened.ReservationRescinded)
def _(ledger: Ledger, e: happened.ReservationRescinded) -> None:
    ledger.unaccepted(e.reservation_sid, "rescinded")


@takes_down(happened.ReservationWrapup)
def _(ledger: Ledger, e: happened.ReservationWrapup) -> None:
    ledger.close(e.reservation_sid, "wrapping")


@takes_down(happened.ReservationCompleted)
def _(ledger: Ledger, e: happened.ReservationCompleted) -> None:
    ledger.close(e.reservation_sid, "completed")


@takes_down(
    happened.ReservationFailed, happened.ReservationInstructed, happened.ReservationCallbackDone
)
def _(ledger: Ledger, e: happened.Event) -> None:
    """These change nothing that is looked at here."""
