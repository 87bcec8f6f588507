"""The plain second model of one workspace: events go in, and it says when one cannot be.

It decides nothing, and knows no index, no lane and no heap: where it wants to know something, it
walks through all that there is. What each law says stands in `docs/reference/lifecycle.md`.
"""

import json

from taskyard.core.events import Event

from .entries import APPLY
from .entries.tasks import TASK_ASSIGNED_MS, TASK_FINISHED_MS
from .messages import Picture
from .nouns import HELD, LIVE, MAY_FOLLOW, Flow, HandingOn, Job, Offer, Person, Queue
from .phrases import Rules, fits_queue, fits_target
from .tallies import Tallies
from .violation import expect


class Ledger:
    """What has happened in a workspace, and what must hold of it.

    Attributes:
        position: Of the last event.
        at_ms: The instant of the last turn.
        changed: At which position each noun was last touched, by SID; gone ones too.
    """

    def __init__(self, sid: str) -> None:
        self.sid = sid
        self.position = 0
        self.at_ms = 0
        self.is_deleted = False
        self.multi_tasking = True
        self.timeout_activity = ""
        self.activities: dict[str, tuple[str, bool]] = {}
        self.channels: list[str] = []
        self.queues: dict[str, Queue] = {}
        self.flows: dict[str, Flow] = {}
        self.people: dict[str, Person] = {}
        self.jobs: dict[str, Job] = {}
        self.offers: dict[str, Offer] = {}
        self.transfers: dict[str, HandingOn] = {}
        self.finished: list[tuple[int, str]] = []
        self.changed: dict[str, int] = {}
        self.touched: list[str] = []
        """Since somebody emptied it."""
        self.tallies = Tallies()
        self._rules: dict[str, Rules] = {}

    def apply(self, event: Event, at_ms: int) -> None:
        """Take an event down.

        Raises:
            Violation: It must not have happened.
        """
        expect(at_ms >= self.at_ms, f"time runs backwards: {at_ms} after {self.at_ms}")
        self.at_ms = at_ms
        self.position += 1
        APPLY[type(event)](self, event)

    # --- what can be asked ---

    def picture(self, sid: str) -> Picture:
        """A noun as an answer should show it."""
        shown: Picture | None = None
        match sid[:2]:
            case "WT" if job := self.jobs.get(sid):
                shown = {
                    "status": job.status,
                    "priority": job.priority,
                    "attributes": job.attributes,
                    "queue": job.queue,
                    "workflow": job.workflow,
                    "channel": job.channel,
                    "reason": job.reason,
                }
            case "WR" if offer := self.offers.get(sid):
                shown = {"status": offer.status, "task": offer.task, "worker": offer.worker}
            case "WK" if person := self.people.get(sid):
                shown = {
                    "activity": person.activity,
                    "attributes": person.attributes,
                    "channels": {
                        one: [*channel, *self.load(person, one)]
                        for one, channel in person.channels.items()
                    },
                }
            case "WQ" if queue := self.queues.get(sid):
                shown = {
                    "target_workers": queue.target_workers,
                    "max_reserved_workers": queue.max_reserved,
                }
            case "WW" if flow := self.flows.get(sid):
                configuration = flow.versions[flow.version]
                shown = {"configuration": configuration, "timeout_s": flow.timeout_s}
            case "WA" if sid in self.activities:
                name, available = self.activities[sid]
                shown = {"name": name, "available": available}
            case "TT" if transfer := self.transfers.get(sid):
                shown = {"status": transfer.status, "task": transfer.task}
            case "WS" | "TC":
                shown = {"gone": True}  # nobody shows more of these
        return {"sid": sid} | (shown or {"gone": True})

    def load(self, person: Person, channel: str) -> list[int]:
        """How many live, and how many accepted, offers somebody has on a channel."""
        on_it = [self.offers[sid] for sid in person.live if self.offers[sid].channel == channel]
        return [len(on_it), sum(one.status == "accepted" for one in on_it)]

    def has_room(self, person: Person, channel: str) -> bool:
        """Whether one more offer fits."""
        if not self.multi_tasking:
            return not person.live
        capacity, available = person.channels[channel]
        return bool(available) and self.load(person, channel)[0] < capacity

    def qualifies(self, person: Person, job: Job) -> bool:
        """Whether somebody is one of those for whom a task waits, be they free or not."""
        worker = json.loads(person.attributes)
        if job.transfer is None and job.worker is not None:
            return self.people.get(job.worker) is person
        if job.transfer is not None:
            to = self.transfers[job.transfer].to
            if to.startswith("WK"):
                return self.people.get(to) is person
            return fits_queue(self.queues[to].target_workers, worker)
        if job.queue is None or not fits_queue(self.queues[job.queue].target_workers, worker):
            return False
        if job.workflow is None or job.step is None:
            return True
        target = self.rules(job.workflow, job.version).target(*job.step)
        return fits_target(target.get("expression"), worker, json.loads(job.attributes))

    def rules(self, workflow: str, version: int) -> Rules:
        """What a workflow said in a version."""
        text = self.flows[workflow].versions[version]
        if text not in self._rules:
            self._rules[text] = Rules(text)
        return self._rules[text]

    def holders(self, job: Job) -> list[str]:
        """By which offers somebody has a task."""
        return [sid for sid in job.offers if self.offers[sid].status in HELD]

    def asked(self, job: Job) -> list[str]:
        """The offers of a task that nobody has answered."""
        return [sid for sid in job.offers if self.offers[sid].status == "pending"]

    def waits_in_vain(self) -> str | None:
        """A task that waits beside somebody who is free for it; None if there is none."""
        there = {
            worker: person
            for worker, person in self.people.items()
            if self.activities[person.activity][1]
        }
        waiting = [one for one in self.jobs.items() if one[1].status == "pending"] if there else []
        for sid, job in waiting:
            holding = {self.offers[one].worker for one in self.holders(job)}
            for worker, person in there.items():
                if (
                    worker not in holding
                    and self.has_room(person, job.channel)
                    and self.qualifies(person, job)
                ):
                    return f"task {sid} waits although worker {worker} is free for it"
        return None

    def overdue(self, now_ms: int) -> str | None:
        """Something that should have ended before an instant; None if nothing should have."""
        for sid, offer in self.offers.items():
            if offer.status == "pending" and offer.expires_ms <= now_ms:
                return f"offer {sid} should have timed out at {offer.expires_ms}"
        for sid, job in self.jobs.items():
            if job.ended:
                continue
            if job.assigned_ms is not None:
                if job.assigned_ms + TASK_ASSIGNED_MS <= now_ms:
                    return f"task {sid} was accepted at {job.assigned_ms} and is still there"
            elif job.created_ms + job.timeout_s * 1000 <= now_ms:
                return f"task {sid} has waited longer than its {job.timeout_s} s"
            elif job.status == "pending" and (job.deadline_ms or now_ms + 1) <= now_ms:
                return f"task {sid} should have left its step at {job.deadline_ms}"
        for ended_ms, sid in self.finished:
            if sid in self.jobs and ended_ms + TASK_FINISHED_MS + 1000 <= now_ms:
                return f"task {sid} ended at {ended_ms} and is still kept"
        return None

    # --- how it is taken down ---

    def touch(self, *sids: str) -> None:
        """Note that these nouns are not what they were."""
        self.touched += sids
        for sid in sids:
            self.changed[sid] = self.position

    def close(self, sid: str, status: str) -> Offer:
        """An offer becomes something else; whoever loses it has room again."""
        offer = self.offers[sid]
        expect(
            status in MAY_FOLLOW.get(offer.status, ()),
            f"reservation {sid} is {offer.status} and becomes {status}",
        )
        offer.status = status
        if status not in LIVE:
            del self.people[offer.worker].live[sid]
        self.touch(sid, offer.worker, offer.task)
        return offer

    def unaccepted(self, sid: str, status: str) -> Offer:
        """An offer ends without acceptance."""
        offer = self.close(sid, status)
        job = self.jobs[offer.task]
        if job.status == "reserved" and not self.asked(job):
            job.status = "pending"
        name = "canceled offer" if status == "canceled" else status
        self.tallies.note(name, self.at_ms, job, offer.worker)
        return offer

    def end(self, sid: str, status: str, reason: str | None) -> None:
        """A task ends."""
        job = self.jobs[sid]
        expect(not job.ended, f"task {sid} is {job.status} and becomes {status}")
        job.status = status
        job.reason = reason if reason is not None else job.reason
        self.finished.append((self.at_ms, sid))
        self.touch(sid)

    def forget(self, sid: str) -> None:
        """Nothing of a task is kept."""
        job = self.jobs.pop(sid)
        for offer in job.offers:
            expect(self.offers[offer].status not in LIVE, f"{sid} went, its offer {offer} lives")
            del self.offers[offer]
            self.touch(offer)
        for transfer in [one for one, what in self.transfers.items() if what.task == sid]:
            expect(self.transfers[transfer].status != "initiated", f"transfer {transfer} goes on")
            del self.transfers[transfer]
            self.touch(transfer)
        self.touch(sid)
