"""Transfers: who hands a task on keeps it until somebody else has it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from taskyard.core import events as happened
from taskyard.simulator.ordeal.nouns import HandingOn
from taskyard.simulator.ordeal.violation import expect

from .table import takes_down

if TYPE_CHECKING:
    from taskyard.simulator.ordeal.ledger import Ledger


@takes_down(happened.TransferInitiated)
def _(ledger: Ledger, e: happened.TransferInitiated) -> None:
    job = ledger.jobs[e.task_sid]
    expect(job.transfer is None, f"task {e.task_sid} is handed on twice at a time")
    expect(
        ledger.offers[e.reservation_sid].status == "accepted",
        f"task {e.task_sid} is handed on by who has not accepted it",
    )
    ledger.transfers[e.transfer_sid] = HandingOn(e.task_sid, e.to, e.reservation_sid)
    job.transfer = e.transfer_sid
    job.came_from = job.queue, job.queue_entered_ms
    if e.to.startswith("WQ"):
        job.queue, job.queue_entered_ms = e.to, ledger.at_ms
    job.status = "pending"
    ledger.touch(e.transfer_sid, e.task_sid)


@takes_down(happened.TransferFailed)
def _(ledger: Ledger, e: happened.TransferFailed) -> None:
    take_back(ledger, e.transfer_sid, "failed")


@takes_down(happened.TransferCanceled)
def _(ledger: Ledger, e: happened.TransferCanceled) -> None:
    take_back(ledger, e.transfer_sid, "canceled")


def take_back(ledger: Ledger, sid: str, status: str) -> None:
    """It came to nothing: the task, unless it is over, is where it was before."""
    transfer = ledger.transfers[sid]
    expect(transfer.status == "initiated", f"transfer {sid} is {transfer.status}, then {status}")
    transfer.status = status
    job = ledger.jobs[transfer.task]
    if not job.ended:
        job.queue, job.queue_entered_ms = job.came_from
        job.status = "assigned"
    job.transfer, job.came_from = None, (None, None)
    ledger.touch(sid, transfer.task)


@takes_down(happened.TransferAttemptFailed, happened.TransferCompleted)
def _(ledger: Ledger, e: happened.Event) -> None:
    """These tell of what the event of the reservation before them changes."""
